import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { RefreshOutcome } from '../../src/modules/sessions/refresh-outcome.ts';
import { newAccount } from '../support/client.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { nobody } from '../support/session-model/actions.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';
import { rewind } from '../support/time-travel.ts';

const HOUR = 3600;
const LIMITS = { SESSION_TIMEOUT_MINUTES: '60', SESSION_LIFETIME_HOURS: '2' };

describe('a refresh', () => {
  test('takes two statements, and one from the second on this instance', async () => {
    await withTestServices({}, async ({ services }) => {
      const { refreshes: here, refreshesElsewhere: elsewhere } = services;
      const owner = await signUp(services);
      const counts: number[] = [];
      for (const instance of [here, here, here, elsewhere, elsewhere, here]) {
        const statements = await statementsDuring(() => owner.refresh(instance));
        counts.push(statements.length);
      }
      expect(counts).toEqual([2, 1, 1, 2, 1, 1]);
    });
  });

  test('of a superseded token takes no attempt to change the session', async () => {
    await withTestServices({}, async ({ services }) => {
      const owner = await signUp(services);
      const [first] = owner.tokens;
      await owner.refresh(services.refreshes);
      const statements = await statementsDuring(() => services.refreshes.refresh(nobody, first ?? ''));
      expect(statements.filter((statement) => statement.includes('UPDATE'))).toEqual([]);
      expect(statements).toHaveLength(1);
    });
  });
});

test('a token of an ended session is read once, not tried, from the second time on', async () => {
  await withTestServices({}, async ({ services, databaseUrl }) => {
    const owner = await signUp(services);
    await owner.refresh(services.refreshes);
    const end = `UPDATE sessions SET ended_at = now(), end_reason = 'LOGOUT' WHERE id = $1`;
    await runSql(databaseUrl, end, [owner.sessionId]);
    await owner.refresh(services.refreshes);
    const statements = await statementsDuring(() => owner.refresh(services.refreshes));
    expect(statements).toHaveLength(1);
  });
});

test('a refresh whose writes have no effect fails after ten attempts', async () => {
  await withTestServices({}, async ({ services, databaseUrl }) => {
    const owner = await signUp(services);
    await runSql(
      databaseUrl,
      `CREATE FUNCTION ignore_update() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
    );
    await runSql(
      databaseUrl,
      'CREATE TRIGGER ignore_update BEFORE UPDATE ON sessions FOR EACH ROW EXECUTE FUNCTION ignore_update()',
    );
    await expect(owner.refresh(services.refreshes)).rejects.toThrow('each of 10 attempts');
  });
});

describe('a session that was refreshed here before, and has changed elsewhere', () => {
  test.each([
    {
      change: 'ended',
      sql: `UPDATE sessions SET ended_at = now(), end_reason = 'LOGOUT' WHERE id = $1`,
      outcome: { kind: 'session_ended', reason: 'LOGOUT' },
    },
    {
      change: 'of a disabled account',
      sql: `UPDATE users SET account_status = 'DISABLED' WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`,
      outcome: { kind: 'session_ended', reason: 'ACCOUNT_DISABLED' },
    },
    {
      change: 'expired',
      sql: 'UPDATE sessions SET expires_at = now() WHERE id = $1',
      outcome: { kind: 'session_ended', reason: 'EXPIRED' },
    },
    { change: 'deleted', sql: 'DELETE FROM sessions WHERE id = $1', outcome: { kind: 'invalid_token' } },
    {
      change: 'reverted by a failover',
      sql: 'UPDATE sessions SET generation = 0, confirmed_generation = 0 WHERE id = $1',
      outcome: { kind: 'refreshed' },
    },
  ])('is judged as it is now: $change', async ({ sql, outcome }) => {
    await withTestServices(LIMITS, async ({ services, databaseUrl }) => {
      const owner = await signUp(services);
      await owner.refresh(services.refreshes);
      await runSql(databaseUrl, sql, [owner.sessionId]);
      expect(await owner.refresh(services.refreshes)).toMatchObject(outcome);
      expect(await owner.refresh(services.refreshes)).toMatchObject(outcome);
    });
  });

  test('is judged as it is now: idle', async () => {
    await withTestServices(LIMITS, async ({ services, databaseUrl }) => {
      const owner = await signUp(services);
      await owner.refresh(services.refreshes);
      await rewind(databaseUrl, owner.sessionId, HOUR);
      const outcome = { kind: 'session_ended', reason: 'IDLE_TIMEOUT' };
      expect(await owner.refresh(services.refreshes)).toMatchObject(outcome);
    });
  });

  test('is judged as it is now: with another salt', async () => {
    await withTestServices(LIMITS, async ({ services, databaseUrl }) => {
      const owner = await signUp(services);
      await owner.refresh(services.refreshes);
      const salt = randomBytes(32);
      await runSql(databaseUrl, 'UPDATE sessions SET refresh_salt = $2 WHERE id = $1', [
        owner.sessionId,
        salt,
      ]);
      expect(await owner.refresh(services.refreshes)).toMatchObject({ kind: 'invalid_token' });
    });
  });

  test('goes on here and elsewhere, whichever remembers more than the database', async () => {
    await withTestServices(LIMITS, async ({ services, databaseUrl }) => {
      const { refreshes: here, refreshesElsewhere: elsewhere } = services;
      const owner = await signUp(services);
      for (const instance of [here, elsewhere, here]) await owner.refresh(instance);
      const lose = 'UPDATE sessions SET generation = 1, confirmed_generation = 1 WHERE id = $1';
      await runSql(databaseUrl, lose, [owner.sessionId]);
      for (const instance of [elsewhere, here, here, elsewhere])
        expect(await owner.refresh(instance)).toMatchObject({ kind: 'refreshed' });
      expect(new Set(owner.tokens).size).toBe(8);
      for (const instance of [here, elsewhere])
        expect(await instance.refresh(nobody, owner.tokens[2] ?? '')).toMatchObject({
          reason: 'TOKEN_REUSED',
        });
    });
  });

  test("gives its user's present roles", async () => {
    await withTestServices(LIMITS, async ({ services, databaseUrl }) => {
      const owner = await signUp(services);
      await owner.refresh(services.refreshes);
      const sql = `UPDATE users SET roles = '{admin}' WHERE id = (SELECT user_id FROM sessions WHERE id = $1)`;
      await runSql(databaseUrl, sql, [owner.sessionId]);
      const outcome = await owner.refresh(services.refreshes);
      if (outcome.kind !== 'refreshed') throw new Error(outcome.kind);
      const [, claims] = outcome.tokens.accessToken.split('.');
      expect(JSON.parse(Buffer.from(claims ?? '', 'base64url').toString())).toMatchObject({
        roles: ['admin'],
      });
    });
  });
});

/** A client that keeps the tokens it gets. */
async function signUp(services: Services) {
  const { email, password } = newAccount();
  const outcome = await services.signups.signup(nobody, { email, password }, 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  const tokens = [outcome.tokens.refreshToken];
  const refresh = async (refreshes: Services['refreshes']): Promise<RefreshOutcome> => {
    const answer = await refreshes.refresh(nobody, tokens.at(-1) ?? '');
    if (answer.kind === 'refreshed') tokens.push(answer.tokens.refreshToken);
    return answer;
  };
  return { sessionId: outcome.session.id, tokens, refresh };
}
