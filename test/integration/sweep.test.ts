import { describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { newAccount } from '../support/client.ts';
import type { Services } from '../support/services.ts';
import { withTestServices } from '../support/services.ts';
import { nobody } from '../support/session-model/actions.ts';
import { runSql } from '../support/sql.ts';
import { rewind, rewindSessionsWhere } from '../support/time-travel.ts';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;
const LIMITS = {
  SESSION_TIMEOUT_MINUTES: '30',
  SESSION_LIFETIME_HOURS: '24',
  SESSION_RETENTION_DAYS: '7',
};

/** More than one batch of the sweep. */
const MANY = 1_100;

interface Parts {
  readonly services: Services;
  readonly databaseUrl: string;
}

describe('the sweep', () => {
  test.each([
    ['idle for too long', 30 * MINUTE, 'IDLE_TIMEOUT'],
    ['beyond its lifetime', DAY, 'EXPIRED'],
  ])('ends a session that was %s, for that reason, with its event', async (_how, seconds, reason) => {
    await withTestServices(LIMITS, async (parts) => {
      const { id, userId } = await openSession(parts);
      await rewind(parts.databaseUrl, id, seconds);
      await parts.services.sweep.run();
      expect(await sessions(parts)).toEqual([{ id, reason }]);
      const system = { type: 'session.terminated', outcome: 'SUCCESS', actorId: null, subjectId: userId };
      expect(await endings(parts)).toEqual([
        { ...system, data: { userId, sessionId: id, sessionRevision: 1, reason } },
      ]);
    });
  });

  test('says EXPIRED of a session that is both, and leaves one alone that is neither', async () => {
    await withTestServices(LIMITS, async (parts) => {
      const used = await openSession(parts);
      await rewind(parts.databaseUrl, used.id, 29 * MINUTE);
      const over = await openSession(parts);
      await rewind(parts.databaseUrl, over.id, 2 * DAY);
      await parts.services.sweep.run();
      expect(await sessions(parts)).toEqual(
        expect.arrayContaining([
          { id: used.id, reason: null },
          { id: over.id, reason: 'EXPIRED' },
        ]),
      );
      expect(await endings(parts)).toHaveLength(1);
    });
  });

  test('has the access tokens of what it ends refused at once', async () => {
    await withTestServices(LIMITS, async (parts) => {
      const { id, accessToken } = await openSession(parts);
      const { authenticateToken } = parts.services;
      expect((await authenticateToken(accessToken, nobody.origin)).principal).not.toBeNull();
      await rewind(parts.databaseUrl, id, 31 * MINUTE);
      await parts.services.sweep.run();
      expect((await authenticateToken(accessToken, nobody.origin)).principal).toBeNull();
    });
  });

  test('ends in one run all there are', async () => {
    await withTestServices(LIMITS, async (parts) => {
      const { id, userId } = await openSession(parts);
      await runSql(parts.databaseUrl, COPY_SESSION, [id, MANY - 1]);
      await moveAll(parts, userId, DAY);
      await parts.services.sweep.run();
      expect(await countOf(parts, 'sessions WHERE ended_at IS NOT NULL')).toBe(MANY);
      expect(await countOf(parts, "events WHERE type = 'session.terminated'")).toBe(MANY);
    });
  });

  test('is done by one instance at a time: another passes, and does it later', async () => {
    await withTestServices(LIMITS, async (parts) => {
      const { id } = await openSession(parts);
      await rewind(parts.databaseUrl, id, 31 * MINUTE);
      const other = new Client({ connectionString: parts.databaseUrl });
      await other.connect();
      try {
        await other.query(`BEGIN; SELECT pg_advisory_xact_lock(hashtext('latchkey session sweep'))`);
        await parts.services.sweep.run();
        expect(await sessions(parts)).toEqual([{ id, reason: null }]);
        await other.query('COMMIT');
        await parts.services.sweep.run();
        expect(await sessions(parts)).toEqual([{ id, reason: 'IDLE_TIMEOUT' }]);
      } finally {
        await other.end();
      }
    });
  });

  test('by many at once ends each session once', async () => {
    await withTestServices(LIMITS, async (parts) => {
      const { id, userId } = await openSession(parts);
      await runSql(parts.databaseUrl, COPY_SESSION, [id, 99]);
      await moveAll(parts, userId, 31 * MINUTE);
      await Promise.all(Array.from({ length: 5 }, () => parts.services.sweep.run()));
      expect(await countOf(parts, 'sessions WHERE ended_at IS NOT NULL')).toBe(100);
      expect(await countOf(parts, "events WHERE type = 'session.terminated'")).toBe(100);
    });
  });

  test('does not wait for a session that somebody is changing', async () => {
    await withTestServices(LIMITS, async (parts) => {
      const [busy, idle] = [await openSession(parts), await openSession(parts)];
      for (const { id } of [busy, idle]) await rewind(parts.databaseUrl, id, 31 * MINUTE);
      const other = new Client({ connectionString: parts.databaseUrl });
      await other.connect();
      try {
        await other.query('BEGIN');
        await other.query('UPDATE sessions SET last_active_at = now() WHERE id = $1', [busy.id]);
        await parts.services.sweep.run();
        expect(await countOf(parts, 'sessions WHERE ended_at IS NOT NULL')).toBe(1);
        await other.query('COMMIT');
      } finally {
        await other.end();
      }
      await parts.services.sweep.run();
      expect(await sessions(parts)).toEqual(
        expect.arrayContaining([
          { id: busy.id, reason: null },
          { id: idle.id, reason: 'IDLE_TIMEOUT' },
        ]),
      );
    });
  });
});

async function openSession({ services }: Parts) {
  const { email, password } = newAccount();
  const outcome = await services.signups.signup(nobody, { email, password }, 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  const { user, session, tokens } = outcome;
  return { id: session.id, userId: user.id, accessToken: tokens.accessToken };
}

function sessions({ databaseUrl }: Parts) {
  return runSql(databaseUrl, 'SELECT id, end_reason AS reason FROM sessions');
}

function endings({ databaseUrl }: Parts) {
  return runSql(
    databaseUrl,
    `SELECT type, outcome, actor_id AS "actorId", subject_id AS "subjectId", data FROM events
     WHERE type = 'session.terminated'`,
  );
}

async function countOf({ databaseUrl }: Parts, rows: string): Promise<unknown> {
  return (await runSql(databaseUrl, `SELECT count(*)::int AS n FROM ${rows}`))[0]?.['n'];
}

async function moveAll({ databaseUrl }: Parts, userId: string, seconds: number): Promise<void> {
  await runSql(databaseUrl, rewindSessionsWhere('user_id'), [userId, seconds]);
}

const COPY_SESSION = `
  INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at)
  SELECT gen_random_uuid(), user_id, refresh_salt, refresh_token_transport, expires_at
  FROM sessions, generate_series(1, $2) WHERE id = $1`;
