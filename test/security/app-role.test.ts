import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { checkConfiguration } from '../../src/app/configuration-check.ts';
import { loadConfig } from '../../src/config/config.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { newAccount, PASSWORD, REAUTHENTICATE } from '../support/client.ts';
import { createTestDatabase, runAsAdmin } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger, silentLogger } from '../support/logger.ts';
import {
  CONFIRM_CHANGE,
  DELETE,
  NEW_PASSWORD,
  REQUEST_CHANGE,
  REQUEST_RESET,
  RESET,
  send,
  VERIFY,
} from '../support/messages.ts';
import { bearing, makeToken, REVOKE_TOKEN, ROTATE_TOKEN } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';
import { rewindSessionsWhere } from '../support/time-travel.ts';

const role = `latchkey_app_${randomBytes(4).toString('hex')}`;
const secrets = newSecrets();
const logger = new RecordingLogger();

let database: { url: string; drop(): Promise<void> };
/** The database as the role sees it. */
let roleUrl: string;
let latchkey: TestApp;

beforeAll(async () => {
  database = await createTestDatabase();
  await runAsAdmin((client) => client.query(`CREATE ROLE ${role} LOGIN PASSWORD 'of the test'`));
  const grants = readFileSync(new URL('../../docs/app-role.sql', import.meta.url), 'utf8');
  await runSql(database.url, grants.replaceAll('latchkey_app', role));
  const url = new URL(database.url);
  [url.username, url.password] = [role, 'of the test'];
  roleUrl = url.href;
  latchkey = await startTestApp({ databaseUrl: roleUrl, env: secrets, logger });
});
afterAll(async () => {
  await latchkey?.stop();
  await database?.drop();
  await runAsAdmin((client) => client.query(`DROP ROLE IF EXISTS ${role}`));
});

const asOwner = (sql: string, parameters: unknown[] = []) => runSql(database.url, sql, parameters);
const asRole = (sql: string, parameters: unknown[] = []) => runSql(roleUrl, sql, parameters);

async function record(daysAgo: number, kept = true): Promise<unknown> {
  const [row] = await asOwner(
    `INSERT INTO events (id, type, outcome, kept, occurred_at)
     VALUES (gen_random_uuid(), 'user.login', 'SUCCESS', $2, now() - make_interval(days => $1)) RETURNING id`,
    [daysAgo, kept],
  );
  return row?.['id'];
}

const exists = async (id: unknown) => (await asOwner('SELECT FROM events WHERE id = $1', [id])).length === 1;

describe('the role of the application, with the documented rights', () => {
  test('can check the configuration', async () => {
    const config = loadConfig({
      NODE_ENV: 'test',
      DATABASE_URL: roleUrl,
      MIGRATE_ON_START: 'false',
      ...secrets,
    });
    const problems: string[] = [];
    for await (const { kind, text } of checkConfiguration(config, silentLogger))
      if (kind === 'problem') problems.push(text);
    expect(problems).toEqual([]);
  });

  test('can do all that users do', async () => {
    const account = newAccount();
    const client = latchkey.client();
    const { user } = await client.signup(account);
    await send(latchkey.client(), VERIFY, { token: await latchkey.mail.tokenTo(account.email) });
    await client.login({ identifier: account.email, password: PASSWORD });
    expect((await client.refresh()).__typename).toBe('Authentication');
    await expect(
      latchkey.client().login({ identifier: account.email, password: 'not the right password' }),
    ).rejects.toThrow('InvalidCredentials');
    expect((await send(client, REAUTHENTICATE, { password: 'not the right password' }))['code']).toBe(
      'INVALID_CREDENTIALS',
    );
    await client.data('mutation { updateProfile(input: { name: "Ada" }) { __typename } }');
    const { id, token } = await makeToken(client, 'profile:read', 'sessions:read', 'tokens:read');
    const me = await bearing(latchkey, token).data('{ me { email } authEvents { nodes { type } } }');
    expect(me.me.email).toBe(account.email);
    const rotated = await send(client, ROTATE_TOKEN, { id });
    const { id: newId } = rotated['personalAccessToken'] as { id: string };
    expect((await send(client, REVOKE_TOKEN, { id: newId })).__typename).toBe('PersonalAccessTokenRevoked');
    const { email } = newAccount();
    await send(client, REQUEST_CHANGE, { email });
    const change = await latchkey.mail.tokenTo(email, 'confirm-email-change');
    expect((await send(latchkey.client(), CONFIRM_CHANGE, { token: change })).__typename).toBe('UserUpdated');
    await send(latchkey.client(), REQUEST_RESET, { email });
    const reset = { token: await latchkey.mail.tokenTo(email, 'reset-password'), password: NEW_PASSWORD };
    expect((await send(latchkey.client(), RESET, reset)).__typename).toBe('PasswordChanged');
    const other = latchkey.client();
    await other.login({ identifier: email, password: NEW_PASSWORD });
    await other.data('mutation { logout { count } }');
    await client.login({ identifier: email, password: NEW_PASSWORD });
    expect(await send(client, DELETE, { password: NEW_PASSWORD })).toMatchObject({ id: user.id });
  });

  test('can publish, sweep, clean up and write what was refused', async () => {
    const [old, fresh] = [await record(400), await record(29)];
    const client = latchkey.client();
    const { user } = await client.signup();
    const { id } = await makeToken(client, 'profile:read');
    await client.send('query ($id: ID!) { user(id: $id) { mailFailure { kind } } }', { id: user.id });
    await asOwner(rewindSessionsWhere('user_id'), [user.id, 60 * 86_400]);
    await asOwner("UPDATE personal_access_tokens SET expires_at = now() - interval '91 days' WHERE id = $1", [
      id,
    ]);
    await withServicesBeside(roleUrl, secrets, async ({ sweep, cleanup, expiryNotices }) => {
      await sweep.run();
      await asOwner("UPDATE sessions SET ended_at = now() - interval '60 days' WHERE user_id = $1", [
        user.id,
      ]);
      await expiryNotices.run();
      expect(await cleanup.run()).toBe(true);
    });
    expect(await asOwner('SELECT FROM sessions WHERE user_id = $1', [user.id])).toEqual([]);
    expect([await exists(old), await exists(fresh)]).toEqual([false, true]);
    await eventually(async () => (await asOwner('SELECT FROM event_outbox')).length === 0);
    await eventually(
      async () => (await asOwner("SELECT FROM events WHERE type = 'access.denied'")).length > 0,
    );
    expect(await asOwner('SELECT FROM events WHERE NOT kept')).toEqual([]);
    expect(logger.lines.filter((line) => /^(error|warn)/.test(line))).toEqual([]);
  });

  const RETENTION = "SET LOCAL latchkey.retention = 'on'";

  test.each([
    "UPDATE events SET outcome = 'FAILURE'",
    'UPDATE events SET kept = false',
    "UPDATE events SET occurred_at = now() - interval '1 year'",
    'SELECT FROM events FOR UPDATE',
    'DELETE FROM events WHERE kept',
    `BEGIN; ${RETENTION}; DELETE FROM events WHERE kept; COMMIT`,
    `BEGIN; ${RETENTION}; SET LOCAL timezone = 'Pacific/Kiritimati'; DELETE FROM events WHERE kept; COMMIT`,
    'TRUNCATE events CASCADE',
    `BEGIN; ${RETENTION}; TRUNCATE events CASCADE; COMMIT`,
    'ALTER TABLE events DISABLE TRIGGER ALL',
    'ALTER TABLE events DISABLE TRIGGER events_append_only',
    'DROP TRIGGER events_append_only ON events',
    'DROP TABLE events CASCADE',
    'ALTER TABLE events RENAME TO events_away',
    'CREATE RULE nothing AS ON DELETE TO events DO INSTEAD NOTHING',
    'CREATE TRIGGER keep AFTER DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_event_change()',
    'CREATE OR REPLACE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$',
    'DROP FUNCTION refuse_event_change CASCADE',
    'CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS $$ SELECT 1 $$',
    'SET session_replication_role = replica',
    "INSERT INTO events (id, type, outcome, kept, occurred_at) VALUES (gen_random_uuid(), 't', 'SUCCESS', true, 'epoch')",
    'DELETE FROM schema_migrations',
    'DELETE FROM secret_fingerprints',
  ])('cannot: %s', async (statement) => {
    await record(29);
    const before = await asOwner('SELECT count(*) AS n FROM events');
    await expect(asRole(statement)).rejects.toMatchObject({ code: '42501' });
    await asRole('ROLLBACK');
    expect(await asOwner('SELECT count(*) AS n FROM events')).toEqual(before);
  });
});
