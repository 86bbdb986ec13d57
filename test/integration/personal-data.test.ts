import { expect, test } from '@jest/globals';
import { withParts } from '../../src/app/app.ts';
import { cleanup } from '../../src/app/features/cleanup.ts';
import type { Parts } from '../../src/app/parts.ts';
import { exportPersonalData, personalData } from '../../src/app/personal-data.ts';
import { entities } from '../../src/app/storage.ts';
import { loadConfig } from '../../src/config/config.ts';
import { UPDATE_USER } from '../support/administration.ts';
import { useTestApp } from '../support/app.ts';
import { PASSWORD } from '../support/client.ts';
import { silentLogger } from '../support/logger.ts';
import { confirmAddress, DELETE, REQUEST_CHANGE, REQUEST_RESET, send } from '../support/messages.ts';
import { makeToken } from '../support/personal-access-tokens.ts';
import { newSecrets } from '../support/secrets.ts';
import { signInWithRoles } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { recorded } from '../support/streams.ts';

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);

/** As a command, beside the server. */
function beside<T>(work: (parts: Parts) => Promise<T>): Promise<T> {
  const env = { NODE_ENV: 'test', HASH_WORKERS: '1', DATABASE_URL: latchkey.databaseUrl, ...secrets };
  return withParts(loadConfig(env), silentLogger, work);
}

/** Tables about no person, or not for longer than a moment. */
const withoutPersonalData = {
  client_assertions: 'of programs',
  service_clients: 'programs',
  deferred_requests: 'requests that a job takes within a second or so, and deletes',
  event_outbox: 'references to events',
  kept_outcomes: 'encrypted under keys that clients hold, for ten minutes',
  streamed_events: 'ids of the last half an hour',
  secret_fingerprints: 'of the secrets of the operator',
};

const ADDRESS = 'lovelace@example.com';
const NEW_ADDRESS = 'countess@example.com';
const USERNAME = 'analytical';
const NAME = 'Augusta Ada King';

/** An account with something in every table. */
async function newPerson() {
  const client = latchkey.client();
  const { user } = await client.signup({ email: ADDRESS, username: USERNAME, name: NAME });
  await confirmAddress(latchkey, ADDRESS);
  const { token } = await makeToken(client, 'profile:read');
  await send(client, REQUEST_CHANGE, { email: NEW_ADDRESS });
  await send(latchkey.client(), REQUEST_RESET, { email: ADDRESS });
  const link = await latchkey.mail.tokenTo(ADDRESS, 'reset-password');
  await expect(latchkey.client().login({ identifier: ADDRESS, password: 'a wrong one' })).rejects.toThrow();
  await sql("INSERT INTO username_reservations VALUES ('analyst', $1, now())", [ADDRESS]);
  return { client, id: user.id, secrets: [PASSWORD, token, link, client.refreshToken ?? ''] };
}

test('an export names every table that holds something about a person, and no secret', async () => {
  const covered = await beside(async (parts) => personalData(parts).map(({ entity }) => entity));
  const tables = entities.map(({ options }) => options.tableName);
  expect(
    [...covered.map(({ options }) => options.tableName), ...Object.keys(withoutPersonalData)].sort(),
  ).toEqual(tables.sort());

  const person = await newPerson();
  const exported = await beside((parts) => exportPersonalData(parts, USERNAME));
  expect(Object.entries(exported ?? {}).filter(([, rows]) => rows.length === 0)).toEqual([]);
  expect(exported?.['users']).toMatchObject([
    { id: person.id, email: ADDRESS, username: USERNAME, name: NAME },
  ]);
  expect(exported?.['passwords']).toEqual([{ userId: person.id, changedAt: expect.any(String) }]);
  expect(exported?.['sessions']).toMatchObject([{ userId: person.id, ipAddress: '127.0.0.1' }]);
  expect(exported?.['one_time_tokens']).toContainEqual(
    expect.objectContaining({ purpose: 'confirm_email_change', emailKey: NEW_ADDRESS }),
  );
  const text = JSON.stringify(exported);
  for (const secret of person.secrets) expect(text).not.toContain(secret);
  const stored =
    await sql(`SELECT hash AS value FROM passwords UNION ALL SELECT encode(refresh_salt, 'hex') FROM sessions
    UNION ALL SELECT encode(digest, 'hex') FROM personal_access_tokens UNION ALL SELECT encode(salt, 'hex') FROM one_time_tokens
    UNION ALL SELECT digest FROM lockouts`);
  expect(stored.length).toBeGreaterThan(5);
  for (const { value } of stored) expect(text).not.toContain(value);
  expect(text).not.toContain('"Buffer"');
  expect(await sql("SELECT subject_id FROM events WHERE type = 'user.data_exported'")).toEqual([
    { subject_id: person.id },
  ]);

  // Then the account is deleted, and what remains for a while has been purged.
  await send(person.client, DELETE, { password: PASSWORD });
  await latchkey.mail.to(ADDRESS, 4);
  await sql("UPDATE sessions SET ended_at = now() - interval '11 minutes'");
  await sql("UPDATE mails SET created_at = now() - interval '61 minutes'");
  await recorded(latchkey.databaseUrl);
  await sql("UPDATE streamed_events SET recorded_at = now() - interval '31 minutes'");
  await beside(async (parts) => {
    await parts.get(cleanup).run();
  });
  const personal = [ADDRESS, NEW_ADDRESS, USERNAME, NAME, person.id];
  for (const table of tables) {
    const rows = JSON.stringify(await sql(`SELECT * FROM ${table}`));
    const left = personal.filter((value) => rows.includes(value));
    // The audit log keeps ids, until its retention ends.
    expect([table, left]).toEqual([table, table === 'events' ? [person.id] : []]);
  }
  const keys = await sql(`SELECT DISTINCT jsonb_object_keys(data) AS key FROM events WHERE subject_id = $1`, [
    person.id,
  ]);
  // What the owner called a token.
  expect(keys.map(({ key }) => key).filter((key) => /email|name|address/i.test(String(key)))).toEqual([
    'name',
  ]);
});

test('an export tells nothing about others: from where they acted, and whose accounts', async () => {
  const person = await signInWithRoles(latchkey, 'user');
  const admin = await signInWithRoles(latchkey, 'user', 'admin');
  const asAdmin = async (query: string, variables: object) =>
    expect((await admin.client.send(query, variables, { 'user-agent': 'Console/1' })).errors).toEqual([]);
  await asAdmin('mutation ($id: ID!) { terminateUserSessions(userId: $id) { count } }', { id: person.id });
  await asAdmin(UPDATE_USER, { id: person.id, input: { name: NAME } });

  const types = ['session.terminated', 'sessions.bulk_terminated', 'user.profile_updated'];
  /** All events of an export, and those by which the administrator changed the person's account. */
  const exportOf = async (id: string) => {
    const { events = [] } = (await beside((parts) => exportPersonalData(parts, id))) ?? {};
    const done = (events as Record<string, unknown>[]).filter(({ type }) => types.includes(String(type)));
    expect([...new Set(done.map(({ type }) => type))].sort()).toEqual(types);
    return { done, text: JSON.stringify(events) };
  };
  const own = { occurredAt: expect.any(String), outcome: 'SUCCESS', actorId: admin.id };

  const ofPerson = await exportOf(person.id);
  for (const event of ofPerson.done) expect(event).toMatchObject({ ...own, subjectId: person.id });
  expect(ofPerson.done).toContainEqual(
    expect.objectContaining({
      sessionId: person.sessionId,
      data: expect.objectContaining({ reason: 'TERMINATED_BY_ADMIN' }),
    }),
  );
  for (const event of ofPerson.done)
    for (const name of ['requestId', 'ipAddress', 'userAgent']) expect(event).not.toHaveProperty(name);
  for (const fact of [admin.sessionId, 'Console/1']) expect(ofPerson.text).not.toContain(fact);

  const ofAdmin = await exportOf(admin.id);
  for (const event of ofAdmin.done)
    expect(event).toMatchObject({ ...own, ipAddress: '127.0.0.1', userAgent: 'Console/1' });
  expect(ofAdmin.done).toContainEqual(expect.objectContaining({ sessionId: admin.sessionId }));
  for (const event of ofAdmin.done) expect(event).not.toHaveProperty('data');
  for (const fact of [person.id, person.sessionId]) expect(ofAdmin.text).not.toContain(fact);
  // The facts of what concerns only the administrator.
  expect(ofAdmin.text).toContain('"data":{"userId"');
});

test('a person without an account has no export', async () => {
  expect(await beside((parts) => exportPersonalData(parts, 'nobody@example.com'))).toBeNull();
});
