import { afterEach, expect, jest, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { REQUESTS_DURING_FAULT, REQUESTS_PER_SECOND } from '../support/amounts.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/logger.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { type SignedIn, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { MY_SESSION_CHANGED, TestStream } from '../support/streams.ts';
import { type Lap, Traffic } from '../support/traffic.ts';

jest.setTimeout(180_000 + 2 * REQUESTS_DURING_FAULT * (1_000 / REQUESTS_PER_SECOND));

describeWithRedis('two instances whose Redis is', () => {
  let redis: TestRedis | null = null;
  const apps: TestApp[] = [];
  const streams: TestStream[] = [];
  let traffic: Traffic | null = null;
  afterEach(async () => {
    await traffic?.stop();
    for (const stream of streams.splice(0)) await stream.close();
    redis?.thaw();
    for (const app of apps.splice(0).reverse()) await app.stop();
    await redis?.kill();
  });

  async function startPair(url: string) {
    const logs = [new RecordingLogger(), new RecordingLogger()] as const;
    const a = await startTestApp({ env: { REDIS_URL: url }, logger: logs[0] });
    apps.push(a);
    const b = await startTestApp({ env: { REDIS_URL: url }, logger: logs[1], databaseUrl: a.databaseUrl });
    apps.push(b);
    return { a, b, logs };
  }

  function open(app: TestApp, { accessToken }: GraphQLClient): TestStream {
    const stream = new TestStream(app.url, MY_SESSION_CHANGED, { authorization: `Bearer ${accessToken}` });
    streams.push(stream);
    return stream;
  }

  test('absent at start serve, and use it once it is there', async () => {
    const startedAt = performance.now();
    redis = await TestRedis.absent();
    const { a, b, logs } = await startPair(redis.url);
    traffic = await Traffic.start([a, b], { perSecond: REQUESTS_PER_SECOND });
    await expectStreamsRefused(b);
    await expectEndOnTheOther(a, b);
    await redis.start();
    await expectShared(a, b);
    await traffic.stop();
    expectUnharmed(traffic.lap());
    for (const log of logs) expectReport(log, startedAt);
  });

  test.each([
    ['killed', (redis: TestRedis) => redis.kill(), (redis: TestRedis) => redis.start()],
    ['frozen', async (redis: TestRedis) => redis.freeze(), async (redis: TestRedis) => redis.thaw()],
  ])(
    '%s go on, tell each other by the database, and share everything again afterwards',
    async (_fault, strike, mend) => {
      const startedAt = performance.now();
      const server = await TestRedis.start();
      redis = server;
      const { a, b, logs } = await startPair(server.url);
      await expectShared(a, b);
      const [watching, acting, doomed] = await signIn(a, 3);
      const survivor = open(b, watching.client);
      const ending = open(b, doomed.client);
      await untilLive([survivor, ending], acting);
      traffic = await Traffic.start([a, b], { perSecond: REQUESTS_PER_SECOND });

      await strike(server);
      const before = traffic.lap();
      await expectStreamsRefused(b);
      await terminate(acting, doomed);
      await Promise.all([ending.until(({ completed }) => completed), untilRefused(b, doomed)]);
      expect(ending.changes.at(-1)).toMatchObject({ kind: 'ENDED', session: { id: doomed.id } });
      await expectStreamsRefused(b);
      await expectEndOnTheOther(a, b);
      await traffic.untilAnswered(REQUESTS_DURING_FAULT);
      const during = traffic.lap();

      await mend(server);
      await Promise.all([expectShared(a, b), expectHeardAgain(survivor, acting, a.databaseUrl)]);
      await traffic.stop();
      const after = traffic.lap();
      expectUnharmed(before, during, after);
      expect(mostTold(survivor)).toBeLessThanOrEqual(3);
      for (const log of logs) expectReport(log, startedAt);
      await expectChannels(server, [
        'auth:heartbeat',
        'auth:issuers',
        'auth:revocations',
        `auth:user:${watching.userId}:sessions`,
      ]);
      await survivor.close();
      await expectChannels(server, ['auth:heartbeat', 'auth:issuers', 'auth:revocations']);
    },
  );

  /** A session that ends on one instance is refused by the other. */
  async function expectEndOnTheOther(one: TestApp, other: TestApp): Promise<void> {
    const [actor, doomed] = await signIn(one, 2);
    await terminate(actor, doomed);
    await untilRefused(other, doomed);
  }

  /** A new stream would hear nothing: it is refused by a code, and does not wait until Redis is there. */
  async function expectStreamsRefused(app: TestApp): Promise<void> {
    const [person] = await signIn(app, 1);
    const { results } = await open(app, person.client).until(({ completed }) => completed);
    expect(results[0].errors[0].extensions.code).toBe('SERVICE_UNAVAILABLE');
  }

  /** A new stream on one instance tells what happens on the other: that goes by Redis alone. */
  async function expectShared(one: TestApp, other: TestApp): Promise<void> {
    const [watching, acting] = await signIn(one, 2);
    let stream = open(other, watching.client);
    await eventually(async () => {
      if (stream.completed) stream = open(other, watching.client);
      await acting.client.refresh();
      return stream.changes.length > 0;
    });
    await stream.close();
    await expectEndOnTheOther(other, one);
  }
});

async function terminate({ client }: SignedIn, { id }: SignedIn): Promise<void> {
  await client.data('mutation ($id: ID!) { terminateSession(id: $id) { __typename } }', { id });
}

async function untilRefused(app: TestApp, { client }: SignedIn): Promise<void> {
  const elsewhere = Object.assign(app.client(), { accessToken: client.accessToken });
  const refused = async () => (await elsewhere.send(ME)).errors[0]?.extensions['code'] === 'UNAUTHENTICATED';
  await eventually(refused);
}

/** Nobody says when a stream has begun: it has when it tells something. */
async function untilLive(streams: readonly TestStream[], { client }: SignedIn): Promise<void> {
  await eventually(async () => {
    await client.refresh();
    return streams.every(({ changes }) => changes.length > 0);
  });
}

/** The stream goes on. What happened meanwhile it may have missed: nobody may have listened when that was published. */
async function expectHeardAgain(
  stream: TestStream,
  { client, id }: SignedIn,
  databaseUrl: string,
): Promise<void> {
  const told = stream.changes.length;
  const unpublished = () => runSql(databaseUrl, UNPUBLISHED, [id]);
  await eventually(async () => {
    await client.refresh();
    // One by one: a stream ends that has more than 256 changes unread.
    await eventually(async () => (await unpublished()).length === 0);
    return stream.changes.length > told;
  });
  expect(stream.completed).toBe(false);
}

const UNPUBLISHED = 'SELECT FROM event_outbox o JOIN events e ON e.id = o.event_id WHERE e.session_id = $1';

function expectUnharmed(...laps: readonly Lap[]): void {
  for (const { failures } of laps) expect(failures).toEqual([]);
  expect(laps.reduce((sum, { requests }) => sum + requests, 0)).toBeGreaterThan(0);
}

/** The log says what is the matter, and no line comes again within a minute; the logs began at `startedAt`. */
function expectReport({ lines }: RecordingLogger, startedAt: number): void {
  const warnings = lines
    .filter((line) => /^(warn|error) /.test(line))
    // One for each stream that was refused: that is about a request.
    .filter((line) => !line.includes('a dependency did not answer'))
    .map((line) => line.split('}')[0]);
  const outOfReach = warnings.filter((line) => line?.includes('Redis is unreachable'));
  expect(outOfReach.join()).toContain('REDIS_URL');
  expect(outOfReach.join()).toMatch(/"reason":".+","count":\d+/);
  const minutes = Math.ceil((performance.now() - startedAt) / 60_000);
  expect(outOfReach.length).toBeLessThanOrEqual(minutes);
  for (const line of warnings) {
    expect([line, warnings.filter((other) => other === line).length <= minutes]).toEqual([line, true]);
  }
}

/** How often the stream has told the change that it told most often. */
function mostTold({ changes }: TestStream): number {
  return Math.max(...changes.map(({ id }) => changes.filter((other) => other.id === id).length));
}

/** Redis is subscribed to what somebody listens to, and to nothing else. */
async function expectChannels(redis: TestRedis, wanted: readonly string[]): Promise<void> {
  const client = new Redis(redis.url);
  let channels: string[] = [];
  const look = async () => {
    channels = (await client.pubsub('CHANNELS')) as string[];
    return channels.length === wanted.length;
  };
  await eventually(look).finally(() => client.disconnect());
  expect(channels.sort()).toEqual([...wanted].sort());
}
