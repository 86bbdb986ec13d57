import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { startTestApp, type TestApp } from '../support/app.ts';
import { Cable } from '../support/cable.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { bearing, makeToken, REVOKE_TOKEN } from '../support/personal-access-tokens.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { type SignedIn, signIn } from '../support/signed-in.ts';
import { MY_SESSION_CHANGED, recorded, TestStream } from '../support/streams.ts';

/** Intervals of the feed: longer than the time after which an instance without both databases gives up. */
const INTERVALS = 20;

const RESUME = `subscription ($since: ID) { mySessionChanged(since: $since) { id kind session { id } } }`;

describeWithRedis('an instance that is cut off', () => {
  let redis: TestRedis;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let toPostgres: Cable;
  let toRedis: Cable;
  let a: TestApp;
  let b: TestApp;
  const streams: TestStream[] = [];

  beforeEach(async () => {
    redis = await TestRedis.start();
    database = await createTestDatabase();
    toPostgres = await Cable.to(database.url);
    toRedis = await Cable.to(redis.url);
    a = await startTestApp({ databaseUrl: database.url, env: { REDIS_URL: redis.url } });
    b = await startTestApp({ databaseUrl: toPostgres.url, env: { REDIS_URL: toRedis.url } });
  });
  afterEach(async () => {
    for (const stream of streams.splice(0)) await stream.close();
    for (const cable of [toPostgres, toRedis]) cable?.mend();
    await b?.stop();
    await a?.stop();
    for (const cable of [toPostgres, toRedis]) await cable?.close();
    await database?.drop();
    await redis?.kill();
  });

  function open(app: TestApp, token: string, query = MY_SESSION_CHANGED, variables = {}): TestStream {
    const stream = new TestStream(app.url, query, { authorization: `Bearer ${token}` }, variables);
    streams.push(stream);
    return stream;
  }

  const tokenOf = ({ client }: SignedIn) => client.accessToken ?? '';

  /** The code by which `b` refuses what nobody here may read. It needs no database: FORBIDDEN shows that the token is accepted. */
  async function standingOf(token: string): Promise<unknown> {
    return (await bearing(b, token).send('{ sessions { totalCount } }')).errors[0]?.extensions['code'];
  }

  const untilAll = (tokens: readonly string[], standing: string) =>
    eventually(async () => (await Promise.all(tokens.map(standingOf))).every((each) => each === standing));

  async function untilLive(opened: readonly TestStream[], { client }: SignedIn): Promise<void> {
    await eventually(async () => {
      await client.refresh();
      return opened.every(({ changes }) => changes.length > 0);
    });
  }

  test('from both databases refuses what it cannot verify, and accepts no credential that ended meanwhile', async () => {
    const [acting, doomed, survivor] = await signIn(a, 3);
    const script = await makeToken(acting.client, 'sessions:read');
    const ended = [tokenOf(doomed), script.token];
    await untilAll([...ended, tokenOf(survivor)], 'FORBIDDEN');
    const opened = [...ended, tokenOf(survivor)].map((token) => open(b, token));
    await untilLive(opened, acting);

    for (const cable of [toPostgres, toRedis]) cable.cut();
    await doomed.client.data('mutation { logout { count } }');
    await acting.client.data(REVOKE_TOKEN, { id: script.id });
    await untilAll([...ended, tokenOf(survivor)], 'SERVICE_UNAVAILABLE');
    for (const stream of opened) {
      await stream.until(({ completed }) => completed);
      expect(stream.changes.at(-1)).toMatchObject({ kind: 'CREDENTIAL_UNVERIFIED', session: null });
    }
    const since = opened[2]?.changes.at(-1)?.id;
    const refused = await open(b, tokenOf(survivor), RESUME, { since }).until(({ completed }) => completed);
    expect(refused.changes).toMatchObject([{ id: since, kind: 'CREDENTIAL_UNVERIFIED', session: null }]);

    toPostgres.mend();
    const standings = new Set<unknown>();
    await eventually(async () => {
      const now = await Promise.all(ended.map(standingOf));
      for (const standing of now) standings.add(standing);
      return now.every((standing) => standing === 'UNAUTHENTICATED');
    });
    standings.delete('SERVICE_UNAVAILABLE');
    expect([...standings]).toEqual(['UNAUTHENTICATED']);
    await untilAll([tokenOf(survivor)], 'FORBIDDEN');

    toRedis.mend();
    await recorded(a.databaseUrl);
    let resumed = open(b, tokenOf(survivor), RESUME, { since });
    await eventually(async () => {
      if (resumed.completed) resumed = open(b, tokenOf(survivor), RESUME, { since });
      return resumed.changes.some(({ kind, session }) => kind === 'ENDED' && session?.id === doomed.id);
    });
  });

  test('from Postgres alone accepts what it can verify, and goes on with its streams', async () => {
    const [acting, doomed, survivor] = await signIn(a, 3);
    await untilAll([tokenOf(doomed), tokenOf(survivor)], 'FORBIDDEN');
    const stream = open(b, tokenOf(survivor));
    await untilLive([stream], acting);
    toPostgres.cut();
    const observer = new Redis(redis.url);
    let heartbeats = 0;
    observer.on('message', () => {
      heartbeats += 1;
    });
    await observer.subscribe('auth:heartbeat');
    const standings = new Set<unknown>();
    // Of two instances.
    await eventually(async () => {
      standings.add(await standingOf(tokenOf(survivor)));
      return heartbeats >= 2 * INTERVALS;
    }).finally(() => observer.disconnect());
    expect([...standings]).toEqual(['FORBIDDEN']);
    await doomed.client.data('mutation { logout { count } }');
    await untilAll([tokenOf(doomed)], 'UNAUTHENTICATED');
    expect(stream.completed).toBe(false);
  });

  test('from Redis alone accepts what it can verify, and goes on with its streams', async () => {
    const [acting, doomed, survivor] = await signIn(a, 3);
    await untilAll([tokenOf(doomed), tokenOf(survivor)], 'FORBIDDEN');
    const stream = open(b, tokenOf(survivor));
    await untilLive([stream], acting);
    toRedis.cut();
    const standings = new Set<unknown>();
    let reads = 0;
    const note = (sql: unknown) => {
      if (/FROM events\s+WHERE kept AND type = ANY/.test(String(sql))) reads += 1;
    };
    subscribe('latchkey:sql', note);
    await eventually(async () => {
      standings.add(await standingOf(tokenOf(survivor)));
      return reads >= INTERVALS;
    }).finally(() => unsubscribe('latchkey:sql', note));
    expect([...standings]).toEqual(['FORBIDDEN']);
    await doomed.client.data('mutation { logout { count } }');
    await untilAll([tokenOf(doomed)], 'UNAUTHENTICATED');
    expect(stream.completed).toBe(false);
  });
});
