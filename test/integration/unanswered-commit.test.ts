import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { startTestApp, type TestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { DatabaseLink } from '../support/database-link.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/sql.ts';
import { recorded } from '../support/streams.ts';

const TERMINATE = 'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }';

let databaseUrl: string;
let drop: () => Promise<void>;
let link: DatabaseLink;
let latchkey: TestApp;

beforeEach(async () => {
  ({ url: databaseUrl, drop } = await createTestDatabase());
  link = await DatabaseLink.to(databaseUrl);
  latchkey = await startTestApp({ databaseUrl: link.url });
});
afterEach(async () => {
  await latchkey?.stop();
  await link?.close();
  await drop?.();
});

test('an event whose COMMIT was not answered is overtaken by no later one of its instance', async () => {
  const account = newAccount();
  const owner = latchkey.client();
  const { session, user } = await owner.signup(account);
  await recorded(databaseUrl);
  // While nobody can look through the outbox.
  const holder = new Client({ connectionString: databaseUrl });
  await holder.connect();
  await holder.query(`SELECT pg_advisory_lock(hashtext('latchkey event relay'))`);
  const lost = link.loseAnswerToCommitOf('session.created');
  const { errors } = await latchkey
    .client()
    .send(LOGIN, { input: { identifier: account.email, password: PASSWORD } });
  await lost;
  expect(errors[0]?.extensions['code']).toBe('SERVICE_UNAVAILABLE');
  const [opened] = await runSql(databaseUrl, 'SELECT id FROM sessions WHERE user_id = $1 AND id <> $2', [
    user.id,
    session.id,
  ]);
  await eventually(async () => (await owner.send(TERMINATE, { id: opened?.['id'] })).errors.length === 0);
  await holder.end();
  await recorded(databaseUrl);
  const published = await runSql(
    databaseUrl,
    `SELECT type FROM streamed_events WHERE data->>'sessionId' = $1 ORDER BY position`,
    [opened?.['id']],
  );
  expect(published.map(({ type }) => type)).toEqual(['session.created', 'session.terminated']);
});
