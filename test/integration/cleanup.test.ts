import { describe, expect, test } from '@jest/globals';
import type { UserId } from '../../src/core/ids.ts';
import type { Purge } from '../../src/core/purge.ts';
import { Cleanup } from '../../src/platform/cleanup.ts';
import { withServicesBeside } from '../support/beside.ts';
import { from } from '../support/callers.ts';
import { newAccount } from '../support/client.ts';
import { newSecrets } from '../support/secrets.ts';
import { type Services, withTestServices } from '../support/services.ts';
import { runSql } from '../support/sql.ts';
import { rewindSessionsWhere } from '../support/time-travel.ts';

const DAY = 86_400;

/** More than two slices. */
const MANY = 1_100;

const secrets = newSecrets();
const settings = { ...secrets, SESSION_RETENTION_DAYS: '7', AUDIT_RETENTION_DAYS: '30' };

interface Parts {
  readonly services: Services;
  readonly databaseUrl: string;
}

const countOf = async ({ databaseUrl }: Parts, rows: string) =>
  (await runSql(databaseUrl, `SELECT count(*)::int AS n FROM ${rows}`))[0]?.['n'];

/** What was deleted, by what it is; without what was not. */
async function clean({ cleanup }: Services): Promise<Record<string, number>> {
  const purged: Record<string, number> = {};
  await cleanup.run((what, count) => {
    if (count > 0) purged[what] = count;
  });
  return purged;
}

async function signUp({ services }: Parts): Promise<{ id: string; userId: UserId }> {
  const outcome = await services.signups.signup(from('192.0.2.1'), newAccount(), 'BODY');
  if (outcome.kind !== 'signed_in') throw new Error(outcome.kind);
  return { id: outcome.session.id, userId: outcome.user.id };
}

/** Many ended sessions of a user, and as many events. */
async function fill(parts: Parts): Promise<UserId> {
  const { id, userId } = await signUp(parts);
  await runSql(
    parts.databaseUrl,
    `INSERT INTO sessions (id, user_id, refresh_salt, refresh_token_transport, expires_at, ended_at, end_reason)
     SELECT gen_random_uuid(), user_id, '', 'BODY', expires_at, now(), 'LOGOUT' FROM sessions, generate_series(1, $2) WHERE id = $1`,
    [id, MANY],
  );
  return userId;
}

async function record({ databaseUrl }: Parts, count: number, daysAgo: number): Promise<void> {
  await runSql(
    databaseUrl,
    `INSERT INTO events (id, type, outcome, kept, occurred_at)
     SELECT gen_random_uuid(), 'user.login', 'SUCCESS', true, now() - make_interval(secs => $2) FROM generate_series(1, $1)`,
    [count, daysAgo * DAY],
  );
}

describe('the cleanup', () => {
  test('deletes ended sessions once they were kept for long enough, each with its event', () =>
    withTestServices(settings, async (parts) => {
      const userId = await fill(parts);
      const pass = (seconds: number) =>
        runSql(parts.databaseUrl, rewindSessionsWhere('user_id'), [userId, seconds]);
      await pass(7 * DAY - 60);
      expect(await clean(parts.services)).toEqual({});
      await pass(120);
      expect(await clean(parts.services)).toEqual({ 'ended sessions': MANY });
      expect(await countOf(parts, 'sessions')).toBe(1);
      const [deleted] = await runSql(
        parts.databaseUrl,
        `SELECT count(*)::int AS n, min(actor_id::text) AS actor, min(subject_id::text) AS subject,
           bool_and(data->>'sessionId' = session_id::text) AS named FROM events WHERE type = 'session.deleted'`,
      );
      expect(deleted).toEqual({ n: MANY, actor: null, subject: userId, named: true });
    }));

  test('deletes events of the audit log that are older than the setting says, and no other', () =>
    withTestServices(settings, async (parts) => {
      await record(parts, MANY, 30.01);
      await record(parts, 3, 29.99);
      expect(await clean(parts.services)).toEqual({ 'events of the audit log': MANY });
      expect(await countOf(parts, 'events')).toBe(3);
    }));

  test('deletes personal access tokens ninety days after their end', () =>
    withTestServices(settings, async (parts) => {
      const { userId } = await signUp(parts);
      for (const [index, [revoked, expires]] of [
        ['89 days', '200 days'],
        ['91 days', '-1 day'],
        [null, '89 days'],
        [null, '91 days'],
      ].entries())
        await runSql(
          parts.databaseUrl,
          `INSERT INTO personal_access_tokens (id, user_id, name, scopes, digest, hint, expires_at, revoked_at, revoke_reason)
           VALUES (gen_random_uuid(), $1, $2, '{profile:read}', $3, '', now() - $4::interval, now() - $5::interval,
             CASE WHEN $5::interval IS NOT NULL THEN 'REVOKED' END)`,
          [userId, `token ${index}`, Buffer.from([index]), expires, revoked],
        );
      expect(await clean(parts.services)).toEqual({ 'personal access tokens that ended': 2 });
      const left = await runSql(parts.databaseUrl, 'SELECT name FROM personal_access_tokens ORDER BY name');
      expect(left.map(({ name }) => name)).toEqual(['token 0', 'token 2']);
    }));

  test('deletes each row once where several processes clean up, and one of them goes through all', () =>
    withTestServices(settings, async (parts) => {
      const userId = await fill(parts);
      await runSql(parts.databaseUrl, rewindSessionsWhere('user_id'), [userId, 8 * DAY]);
      await record(parts, MANY, 31);
      const runs = await withServicesBeside(parts.databaseUrl, settings, (beside) =>
        Promise.all([parts.services, beside, parts.services].map(({ cleanup }) => cleanup.run())),
      );
      expect(runs).toContain(true);
      expect(await countOf(parts, "events WHERE type = 'session.deleted'")).toBe(MANY);
      expect(await countOf(parts, "events WHERE type = 'user.login'")).toBe(0);
    }));

  test('leaves all to the process that cleans up already', () =>
    withTestServices(settings, async (parts) => {
      await record(parts, 1, 31);
      await parts.services.unitOfWork.runExclusively('cleanup', async () => {
        await withServicesBeside(parts.databaseUrl, settings, async ({ cleanup }) => {
          expect(await cleanup.run()).toBe(false);
        });
      });
      expect(await countOf(parts, 'events')).toBe(1);
    }));

  test('does not stop at a purge that fails, and reports the failure', () =>
    withTestServices(settings, async (parts) => {
      await record(parts, 1, 31);
      await runSql(parts.databaseUrl, 'ALTER TABLE mails RENAME TO mails_away');
      await expect(parts.services.cleanup.run()).rejects.toThrow('mails');
      expect(await countOf(parts, 'events')).toBe(0);
    }));

  test('ends between two slices when the server stops', () =>
    withTestServices(settings, async ({ services }) => {
      let slices = 0;
      const endless: Purge = {
        what: 'rows without end',
        run: async (limit) => {
          slices += 1;
          if (slices === 2) cleanup.stop();
          return limit;
        },
      };
      const cleanup = new Cleanup({ purges: [endless, endless], unitOfWork: services.unitOfWork });
      expect(await cleanup.run()).toBe(false);
      expect(slices).toBe(2);
    }));
});
