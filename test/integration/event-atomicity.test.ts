import { beforeAll, describe, expect, test } from '@jest/globals';
import type { EventType } from '../../src/core/events.ts';
import { useTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD, REFRESH, SIGNUP } from '../support/client.ts';
import { observeEvents, watchEvents } from '../support/recorded-events.ts';
import { runSql } from '../support/sql.ts';

const latchkey = useTestApp({ env: { REFRESH_GRACE_SECONDS: '0' } });
beforeAll(async () => {
  await watchEvents(latchkey.databaseUrl);
  await sql(`CREATE FUNCTION refuse_event() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'no events today'; END $$`);
});

const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

describe('a use case whose event cannot be recorded', () => {
  test.each(['user.registered', 'session.created'] as const)('makes no account without %s', async (type) => {
    const account = newAccount();
    const { errors, events } = await withoutEvents([type], () =>
      observeEvents(latchkey, latchkey.client(), SIGNUP, { input: account }),
    );
    expect(errors.map(({ extensions }) => extensions['code'])).toEqual(['INTERNAL_SERVER_ERROR']);
    expect(JSON.stringify(errors)).not.toContain('no events today');
    expect(events).toEqual([]);
    expect(await sql('SELECT FROM users WHERE email_key = $1', [account.email])).toEqual([]);
  });

  test('signs nobody in', async () => {
    const account = newAccount();
    const { user, session } = await latchkey.client().signup(account);
    const { data, events } = await withoutEvents(['user.login'], () =>
      observeEvents(latchkey, latchkey.client(), LOGIN, {
        input: { identifier: account.email, password: PASSWORD },
      }),
    );
    expect(data).toBeNull();
    expect(events).toEqual([]);
    expect(await sql('SELECT id FROM sessions WHERE user_id = $1', [user.id])).toEqual([{ id: session.id }]);
  });

  test('ends no session, in the database or in the memory of this process', async () => {
    const client = latchkey.client();
    const { session } = await client.signup();
    const { events } = await withoutEvents(['user.logout'], () =>
      observeEvents(latchkey, client, 'mutation { logout { count } }'),
    );
    expect(events).toEqual([]);
    expect(await sql('SELECT ended_at FROM sessions WHERE id = $1', [session.id])).toEqual([
      { ended_at: null },
    ]);
    expect((await client.data('{ currentSession { id } }')).currentSession.id).toBe(session.id);
  });

  test('uses up no refresh token', async () => {
    const client = latchkey.client();
    await client.signup();
    const { errors } = await withoutEvents(['token.refreshed'], () =>
      observeEvents(latchkey, client, REFRESH, { input: { refreshToken: client.refreshToken } }),
    );
    expect(errors).toHaveLength(1);
    expect((await client.refresh()).__typename).toBe('Authentication');
  });
});

/** Runs `work` while events of these types cannot be written. */
async function withoutEvents<T>(types: readonly EventType[], work: () => Promise<T>): Promise<T> {
  const list = types.map((type) => `'${type}'`).join();
  await sql(`CREATE TRIGGER refuse_event BEFORE INSERT ON events FOR EACH ROW WHEN (NEW.type IN (${list}))
    EXECUTE FUNCTION refuse_event()`);
  try {
    return await work();
  } finally {
    await sql('DROP TRIGGER refuse_event ON events');
  }
}
