import { afterEach, describe, expect, test } from '@jest/globals';
import { withParts } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { newId } from '../../src/core/ids.ts';
import { positionId } from '../../src/core/position-id.ts';
import { useTestApp } from '../support/app.ts';
import { silentLogger } from '../support/logger.ts';
import { newSecrets } from '../support/secrets.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { lastEventId, recorded, TestStream } from '../support/streams.ts';

const MINE = 'subscription ($since: ID) { mySessionChanged(since: $since) { id kind session { id } } }';
const ANY =
  'subscription ($userId: ID, $since: ID) { sessionChanged(userId: $userId, since: $since) { id kind session { id } } }';
const LOGOUT = 'mutation { logout { count } }';
const MINUTE = 60 * 1_000_000;

const secrets = newSecrets();
const latchkey = useTestApp({ env: secrets });
const sql = (statement: string, parameters: unknown[] = []) =>
  runSql(latchkey.databaseUrl, statement, parameters);
const streams: TestStream[] = [];
afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));

function open(accessToken: string | null, since: string, query = MINE, variables = {}): TestStream {
  const params = { authorization: `Bearer ${accessToken}` };
  const stream = new TestStream(latchkey.url, query, params, { ...variables, since });
  streams.push(stream);
  return stream;
}

async function codeOf(stream: TestStream): Promise<string> {
  await stream.until(({ completed }) => completed);
  return stream.results[0].errors[0].extensions.code;
}

const position = async (id: string) =>
  Number((await sql('SELECT position FROM streamed_events WHERE event_id = $1', [id]))[0]?.['position']);

async function latest(): Promise<string> {
  await recorded(latchkey.databaseUrl);
  return lastEventId(latchkey.databaseUrl);
}

describe('a stream with `since`', () => {
  test('first reports what followed, each kind of change, and then what happens', async () => {
    const [owner, other] = await signIn(latchkey, 2);
    const since = await latest();
    await other.client.refresh();
    await other.client.data(LOGOUT);
    const stream = open(owner.client.accessToken, since);
    await stream.until(({ changes }) => changes.length === 2);
    await owner.client.refresh();
    await stream.until(({ changes }) => changes.length === 3);
    expect(stream.changes.map(({ kind, session }) => [kind, session?.id])).toEqual([
      ['REFRESHED', other.id],
      ['ENDED', other.id],
      ['REFRESHED', owner.id],
    ]);
  });

  test('reports nothing of others, to an owner and to an administrator who watches one user', async () => {
    const [owner] = await signIn(latchkey, 1);
    const administrator = await signInAdministrator(latchkey);
    const since = await latest();
    await signIn(latchkey, 2);
    await owner.client.refresh();
    const mine = open(owner.client.accessToken, since);
    const theirs = open(administrator.accessToken, since, ANY, { userId: owner.userId });
    for (const stream of [mine, theirs]) {
      await stream.until(({ changes }) => changes.length > 0);
      expect(stream.changes).toEqual([
        { id: expect.any(String), kind: 'REFRESHED', session: { id: owner.id } },
      ]);
    }
  });

  test('may begin at a change of somebody else, whose place is all that it tells', async () => {
    const [owner] = await signIn(latchkey, 1);
    await signIn(latchkey, 1);
    const since = await latest();
    await owner.client.refresh();
    const stream = open(owner.client.accessToken, since);
    await stream.until(({ changes }) => changes.length > 0);
    expect(stream.changes[0]).toMatchObject({ kind: 'REFRESHED', session: { id: owner.id } });
  });

  test('without its scope is refused as without it', async () => {
    const [owner] = await signIn(latchkey, 1);
    expect(await codeOf(open(owner.client.accessToken, newId(), ANY))).toBe('FORBIDDEN');
  });

  test('is refused for what is no id', async () => {
    const [owner] = await signIn(latchkey, 1);
    for (const since of ['', 'yesterday', '0', `${newId()} `])
      expect(await codeOf(open(owner.client.accessToken, since))).toBe('BAD_USER_INPUT');
  });

  test('says so of an event that was never published, or too long ago', async () => {
    const [owner] = await signIn(latchkey, 1);
    const { accessToken } = owner.client;
    expect(await codeOf(open(accessToken, newId()))).toBe('SINCE_TOO_OLD');
    const since = await latest();
    const at = await position(since);
    expect(await codeOf(open(accessToken, positionId(at - 15 * MINUTE)))).toBe('SINCE_TOO_OLD');
    expect(await codeOf(open(accessToken, positionId(0)))).toBe('SINCE_TOO_OLD');
    expect(await codeOf(open(accessToken, positionId(at + 15 * MINUTE)))).toBe('SINCE_TOO_OLD');
    expect(await codeOf(open(accessToken, 'ffffffff-ffff-8fff-bfff-ffffffffffff'))).toBe('SINCE_TOO_OLD');
    await sql('UPDATE streamed_events SET position = position - $1 WHERE event_id = $2', [
      15 * MINUTE,
      since,
    ]);
    expect(await codeOf(open(accessToken, since))).toBe('SINCE_TOO_OLD');
  });

  test('reports a thousand changes, and says so of more', async () => {
    const [owner, other] = await signIn(latchkey, 2);
    const since = await latest();
    const at = await position(since);
    await sql(
      `INSERT INTO streamed_events SELECT gen_random_uuid(), $1::bigint + n, $2::uuid, 'token.refreshed',
         jsonb_build_object('userId', $2::uuid, 'sessionId', $3::text), now() FROM generate_series(1, 1000) AS n`,
      [at, owner.userId, other.id],
    );
    const stream = open(owner.client.accessToken, since);
    await stream.until(({ changes }) => changes.length === 1_000);
    await other.client.refresh();
    await stream.until(({ changes }) => changes.length === 1_001);
    await recorded(latchkey.databaseUrl);
    expect(await codeOf(open(owner.client.accessToken, since))).toBe('SINCE_TOO_OLD');
  });

  test('of a session that has ended meanwhile reports that, and completes', async () => {
    const [owner] = await signIn(latchkey, 1);
    const since = await latest();
    await owner.client.data(LOGOUT);
    const stream = open(owner.client.accessToken, since);
    await stream.until(({ completed }) => completed);
    expect(stream.changes.map(({ kind }) => kind)).toEqual(['CREDENTIAL_INVALID']);
  });
});

test('published events go after half an hour', async () => {
  await signIn(latchkey, 3);
  const kept = await latest();
  await sql("UPDATE streamed_events SET recorded_at = now() - interval '31 minutes' WHERE event_id <> $1", [
    kept,
  ]);
  const env = { NODE_ENV: 'test', HASH_WORKERS: '1', DATABASE_URL: latchkey.databaseUrl, ...secrets };
  await withParts(loadConfig(env), silentLogger, async ({ streamedEvents }) => {
    expect(await streamedEvents.purge(2)).toBe(2);
    while ((await streamedEvents.purge(500)) > 0);
  });
  expect(await sql('SELECT event_id FROM streamed_events')).toEqual([{ event_id: kept }]);
});
