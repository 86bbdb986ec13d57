import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { SecondInstanceError } from '../../src/platform/instance-lock.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { subscribers } from '../support/channel-listener.ts';
import { type GraphQLClient, ME, REFRESH } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { keepEvents } from '../support/kept-events.ts';
import { Latencies } from '../support/latencies.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { sessionEnds, setScene } from '../support/session-ends.ts';
import { errorCodeOf, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';
import { MY_SESSION_CHANGED, TestStream } from '../support/streams.ts';
import { rewind } from '../support/time-travel.ts';

const NIGHTLY = process.env['NIGHTLY'] === '1';
const TERMINATIONS = NIGHTLY ? 200 : 60;
/** Of sixty, the slowest would decide: a quick run is no place to fail for a stall of the machine. */
const SHARE = NIGHTLY ? 0.99 : 0.9;
const REFRESH_ROUNDS = NIGHTLY ? 50 : 10;

const TERMINATE = 'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }';

describeWithRedis('two instances on one database and one Redis', () => {
  const secrets = newSecrets();
  const streams: TestStream[] = [];
  let redis: TestRedis;
  let observer: Redis;
  let a: TestApp;
  let b: TestApp;
  let countEvents: Awaited<ReturnType<typeof keepEvents>>;

  beforeAll(async () => {
    redis = await TestRedis.start();
    observer = new Redis(redis.url);
    const env = { REDIS_URL: redis.url, ...secrets };
    a = await startTestApp({ env });
    b = await startTestApp({ env, databaseUrl: a.databaseUrl });
    countEvents = await keepEvents(a.databaseUrl);
  });
  afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));
  afterAll(async () => {
    observer?.disconnect();
    await b?.stop();
    await a?.stop();
    await redis?.kill();
  });

  /** The same person, who calls the other instance. */
  function onB({ accessToken, refreshToken }: GraphQLClient): GraphQLClient {
    return Object.assign(b.client(), { accessToken, refreshToken });
  }

  async function openStreamOnB(client: GraphQLClient, userId: string): Promise<TestStream> {
    const params = { authorization: `Bearer ${client.accessToken}` };
    const stream = new TestStream(b.url, MY_SESSION_CHANGED, params);
    streams.push(stream);
    await eventually(async () => (await subscribers(observer, `auth:user:${userId}:sessions`)) === 1);
    return stream;
  }

  /** When a client is refused first, by the clock of `performance.now()`. */
  async function refusal(client: GraphQLClient): Promise<number> {
    await eventually(async () => (await client.send(ME)).errors[0]?.extensions['code'] === 'UNAUTHENTICATED');
    return performance.now();
  }

  async function completion(stream: TestStream, id: string, endReason: string): Promise<number> {
    await stream.until(({ completed }) => completed);
    const completedAt = performance.now();
    expect(stream.changes.at(-1)).toMatchObject({ kind: 'ENDED', session: { id, endReason } });
    return completedAt;
  }

  test(`a session terminated on A is refused on B, and its stream there told and completed, within 250 ms (${SHARE * 100} % of ${TERMINATIONS})`, async () => {
    const refused = new Latencies('terminated on A, refused on B');
    const completed = new Latencies('terminated on A, stream on B completed');
    for (let round = 0; round < TERMINATIONS; round += 1) {
      const [owner, victim] = await signIn(a, 2);
      const client = onB(victim.client);
      expect((await client.data(ME)).me.id).toBe(victim.userId);
      const stream = await openStreamOnB(client, victim.userId);
      const terminatedAt = performance.now();
      const [, refusedAt, completedAt] = await Promise.all([
        owner.client.data(TERMINATE, { id: victim.id }),
        refusal(client),
        completion(stream, victim.id, 'TERMINATED_BY_USER'),
      ]);
      refused.add(refusedAt - terminatedAt);
      completed.add(completedAt - terminatedAt);
      expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
      await stream.close();
    }
    expect(refused.report().quantile(SHARE)).toBeLessThan(250);
    expect(completed.report().quantile(SHARE)).toBeLessThan(250);
  }, 120_000);

  test(`a hundred refreshes at once, spread over both, give one successor and sign nobody out (${REFRESH_ROUNDS} rounds)`, async () => {
    const [{ client, id }] = await signIn(a, 1);
    const lineage = [client.refreshToken];
    for (let round = 0; round < REFRESH_ROUNDS; round += 1) {
      const input = { refreshToken: lineage.at(-1) };
      const answers = await Promise.all(
        Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? a : b).client().data(REFRESH, { input })),
      );
      const outcomes = answers.map(({ refreshSession }) => refreshSession);
      expect(new Set(outcomes.map(({ __typename }) => __typename))).toEqual(new Set(['Authentication']));
      const successors = new Set(outcomes.map(({ refreshToken }) => refreshToken));
      expect(successors.size).toBe(1);
      lineage.push(...successors);
    }
    expect(new Set(lineage).size).toBe(REFRESH_ROUNDS + 1);
    const row = await runSql(a.databaseUrl, 'SELECT generation, ended_at FROM sessions WHERE id = $1', [id]);
    expect(row).toEqual([{ generation: REFRESH_ROUNDS, ended_at: null }]);
    expect(await countEvents(id, 'token.refreshed')).toBe(REFRESH_ROUNDS);
    for (const app of [a, b]) {
      const next = app.client();
      expect((await next.refresh(lineage.at(-1))).__typename).toBe('Authentication');
      expect((await next.data(ME)).me).not.toBeNull();
    }
  }, 120_000);

  test.each(sessionEnds)(
    'a session ended by %s is refused on B, and its stream there ends, within a second',
    async (_path, reason, end) => {
      const scene = await setScene(a, secrets);
      const { client, id, userId } = scene.older;
      const sameOnB = onB(client);
      expect((await sameOnB.data(ME)).me.id).toBe(userId);
      const stream = await openStreamOnB(sameOnB, userId);
      await end(scene);
      const endedAt = performance.now();
      const [refusedAt, completedAt] = await Promise.all([refusal(sameOnB), completion(stream, id, reason)]);
      expect(refusedAt - endedAt).toBeLessThan(1_000);
      expect(completedAt - endedAt).toBeLessThan(1_000);
    },
  );

  test('an ordinary request asks the database for what it shows, and for nothing else', async () => {
    const [{ client, id }] = await signIn(a, 1);
    const sameOnB = onB(client);
    // The one write that a request may cause, once a minute and off its path, is to be over.
    await rewind(a.databaseUrl, id, 61);
    await sameOnB.data(ME);
    await eventually(async () => (await countEvents(id, 'session.activity_updated')) === 1);

    const tables = '(users|passwords|sessions)';
    const policy = '{ authPolicy { passwordMinLength } }';
    const asked = await statementsOn(tables, async () => {
      for (let i = 0; i < 20; i += 1) await sameOnB.data(policy);
    });
    expect(asked).toEqual([]);
    expect(await statementsOn(tables, () => sameOnB.data(ME))).toHaveLength(1);
  });
});

describeWithRedis('an instance without REDIS_URL', () => {
  let redis: TestRedis;
  beforeAll(async () => {
    redis = await TestRedis.start();
  });
  afterAll(() => redis?.kill());

  // Concurrently: each waits for a while whether the other goes away.
  test('does not start beside another, and none starts beside it', async () => {
    const secrets = newSecrets();
    const [shared, alone] = [{ ...secrets, REDIS_URL: redis.url }, secrets];
    const combinations = [
      [shared, alone],
      [alone, shared],
      [alone, alone],
    ] as const;
    await Promise.all(
      combinations.map(async ([first, second]) => {
        const { url: databaseUrl, drop } = await createTestDatabase();
        const running = await startTestApp({ databaseUrl, env: first });
        try {
          await expect(startTestApp({ databaseUrl, env: second })).rejects.toThrow(SecondInstanceError);
          await running.client().signup();
        } finally {
          await running.stop();
          await drop();
        }
      }),
    );
  });
});
