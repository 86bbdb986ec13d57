import { describe, expect, test } from '@jest/globals';
import { requireSession, systemOrigin } from '../../src/core/principal.ts';
import { newAccount } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { callerOf, nobody } from '../support/session-model/actions.ts';
import { runSql } from '../support/sql.ts';
import { statementsDuring } from '../support/statements.ts';
import { rewind } from '../support/time-travel.ts';

const BEYOND_GRACE = 11;
const elsewhere = { ...systemOrigin, ipAddress: '192.0.2.7' };

interface Parts {
  readonly services: Services;
  readonly databaseUrl: string;
}

describe('after a refresh whose reply was lost', () => {
  test('verifying the new access token leaves the old refresh token its grace', async () => {
    await withTestServices({}, async (parts) => {
      const { services } = parts;
      const { id, first, lost } = await loseReply(parts);
      expect((await services.authentication.verify(lost.accessToken)).principal).toMatchObject({
        sessionId: id,
      });
      await useAnother(parts);
      await rewind(parts.databaseUrl, id, BEYOND_GRACE);
      expect(await services.refreshes.refresh(nobody, first.refreshToken)).toMatchObject({
        kind: 'refreshed',
        tokens: { refreshToken: lost.refreshToken },
      });
    });
  });

  test('authenticating by the new access token uses the old refresh token up', async () => {
    await withTestServices({}, async (parts) => {
      const { services } = parts;
      const { id, first, lost } = await loseReply(parts);
      const { authentication } = services;
      const { principal } = await authentication.authenticate(lost.accessToken, elsewhere);
      expect(principal).toMatchObject({ sessionId: id });
      await confirmed(parts, id);
      await rewind(parts.databaseUrl, id, BEYOND_GRACE);
      expect(await services.refreshes.refresh(nobody, first.refreshToken)).toMatchObject({
        kind: 'session_ended',
        reason: 'TOKEN_REUSED',
      });
    });
  });
});

describe('a valid token', () => {
  test('is verified without a write, and recorded only when a request presents it', async () => {
    await withTestServices({}, async (parts) => {
      const { authentication } = parts.services;
      const { accessToken } = (await openSession(parts)).tokens;
      const { token, record } = await createToken(parts, accessToken);
      const principals = [
        { kind: 'session', userId: record.userId },
        { kind: 'personal_access_token', personalAccessTokenId: record.id },
      ];
      // Known from here on, so that no read is left to make.
      await authentication.verify(token);

      const verifying = await statementsDuring(async () => {
        for (const [i, each] of [accessToken, token].entries())
          expect((await authentication.verify(each)).principal).toMatchObject(principals[i] ?? {});
        await flush(parts);
      });
      expect(verifying).toEqual([]);

      const authenticating = await statementsDuring(async () => {
        for (const [i, each] of [accessToken, token].entries()) {
          const { principal } = await authentication.authenticate(each, elsewhere);
          expect(principal).toMatchObject(principals[i] ?? {});
        }
        await flush(parts);
      });
      const written = authenticating.map((statement) => /UPDATE (\w+)/.exec(statement)?.[1]);
      expect(written).toEqual(expect.arrayContaining(['sessions', 'personal_access_tokens']));
    });
  });
});

describe('a personal access token that was replaced', () => {
  test('is reported with the origin of a request that presents it, and not when it is only verified', async () => {
    await withTestServices({}, async (parts) => {
      const { authentication, personalAccessTokens } = parts.services;
      const { accessToken } = (await openSession(parts)).tokens;
      const { token, record } = await createToken(parts, accessToken);
      await personalAccessTokens.rotate(await callerBy(parts, accessToken), record.id);

      expect((await authentication.verify(token)).principal).toBeNull();
      await flush(parts);
      expect(await reuses(parts)).toEqual([]);

      expect((await authentication.authenticate(token, elsewhere)).principal).toBeNull();
      await flush(parts);
      expect(await reuses(parts)).toEqual([{ subject: record.userId, address: '192.0.2.7' }]);
    });
  });
});

const unknown = { principal: null, credentialId: null };

test('what is no token of ours has no principal and costs no statement, and requests with it are counted', async () => {
  await withTestServices({}, async (parts) => {
    const { authentication } = parts.services;
    const refreshToken = (await openSession(parts)).tokens.refreshToken;
    const statements = await statementsDuring(async () => {
      for (const token of ['', 'x', refreshToken, 'lkp_', 'lkp_a.b.c', 'a.b', 'a.b.c', 'a.b.c.d']) {
        expect((await authentication.verify(token)).principal).toBeNull();
        expect(await authentication.authenticate(token, elsewhere)).toEqual(unknown);
      }
    });
    expect(statements).toEqual([]);
    await flush(parts);
    const counted = await runSql(
      parts.databaseUrl,
      `SELECT data->>'credential' AS credential, (data->>'count')::int AS count FROM events
       WHERE type = 'credential.refused' ORDER BY credential`,
    );
    expect(counted).toEqual([
      { credential: 'access_token', count: 1 },
      { credential: 'personal_access_token', count: 2 },
      { credential: 'unknown', count: 5 },
    ]);
  });
});

async function openSession({ services }: Parts) {
  const { email, password } = newAccount();
  const outcome = await services.signups.signup(nobody, { email, password }, 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  return outcome;
}

/** A session whose client has the `first` tokens and never received those of its first refresh, `lost`. */
async function loseReply(parts: Parts) {
  const { session, tokens: first } = await openSession(parts);
  const refreshed = await parts.services.refreshes.refresh(nobody, first.refreshToken);
  if (refreshed.kind !== 'refreshed') throw new Error(refreshed.kind);
  return { id: session.id, first, lost: refreshed.tokens };
}

/** Authenticates in another session, and waits for its sign of life: one noted before would be in the database too. */
async function useAnother(parts: Parts): Promise<void> {
  const { id, lost } = await loseReply(parts);
  await parts.services.authentication.authenticate(lost.accessToken, elsewhere);
  await confirmed(parts, id);
}

async function confirmed({ databaseUrl }: Parts, sessionId: string): Promise<void> {
  const sql = 'SELECT FROM sessions WHERE id = $1 AND confirmed_generation = 1';
  await eventually(async () => (await runSql(databaseUrl, sql, [sessionId])).length === 1);
}

async function callerBy({ services }: Parts, accessToken: string) {
  const { principal } = await services.authentication.verify(accessToken);
  if (principal === null) throw new Error('the access token is not valid');
  return callerOf(requireSession(callerOf(principal)));
}

async function createToken(parts: Parts, accessToken: string) {
  const input = { name: 'deploy', scopes: ['profile:read'], expiresInDays: 30 };
  const caller = await callerBy(parts, accessToken);
  const outcome = await parts.services.personalAccessTokens.create(caller, input);
  if (outcome.kind !== 'created') throw new Error(outcome.kind);
  return outcome;
}

/** Writes at once what is written in the background. */
async function flush({ services: { activity, usage, events } }: Parts): Promise<void> {
  await activity.flush();
  await usage.flush();
  await events.flushRefusals();
}

function reuses({ databaseUrl }: Parts) {
  return runSql(
    databaseUrl,
    `SELECT subject_id AS subject, host(ip_address) AS address FROM events WHERE type = 'personal_access_token.reused'`,
  );
}
