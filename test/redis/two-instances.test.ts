import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { SecondInstanceError } from '../../src/platform/instance-lock.ts';
import { REFRESH_ROUNDS, TERMINATIONS } from '../support/amounts.ts';
import { startTestApp, useTwoTestApps } from '../support/app.ts';
import { subscribers } from '../support/channel-listener.ts';
import { type GraphQLClient, ME, REFRESH } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { keepEvents } from '../support/kept-events.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { sessionEnds, setScene } from '../support/session-ends.ts';
import { errorCodeOf, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { statementsOn } from '../support/statements.ts';
import { MY_SESSION_CHANGED, TestStream } from '../support/streams.ts';

const TERMINATE = 'mutation ($id: ID!) { terminateSession(id: $id) { __typename } }';

describeWithRedis('two instances on one database and one Redis', () => {
  const secrets = newSecrets();
  const streams: TestStream[] = [];
  const redis = useTestRedis();
  const [a, b] = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url, ...secrets } }));
  let observer: Redis;
  let countEvents: Awaited<ReturnType<typeof keepEvents>>;

  beforeAll(async () => {
    observer = new Redis(redis.url);
    countEvents = await keepEvents(a.databaseUrl);
  });
  afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));
  afterAll(() => observer?.disconnect());

  /** The same person, who calls the other instance. */
  function onB({ accessToken, refreshToken }: GraphQLClient): GraphQLClient {
    return Object.assign(b.client(), { accessToken, refreshToken });
  }

  async function openStreamOnB(client: GraphQLClient, userId: string): Promise<TestStream> {
    const params = { authorization: `Bearer ${client.accessToken}` };
    const stream = new TestStream(b.url, MY_SESSION_CHANGED, params);
    streams.push(stream);
    const channel = `auth:user:${userId}:sessions`;
    await eventually(async () => (await subscribers(observer, channel)) === 1);
    // Once subscribed, it checks its session again. A change that it shows tells that it has.
    const data = { userId, sessionId: randomUUID() };
    const occurredAt = new Date().toISOString();
    const change = { id: randomUUID(), type: 'session.activity_updated', occurredAt, data };
    // Published again: the Redis client loses a message that arrives together with the confirmation of its subscription.
    await eventually(async () => {
      await observer.publish(channel, JSON.stringify(change));
      return stream.changes.length > 0;
    });
    return stream;
  }

  const refusal = (client: GraphQLClient) =>
    eventually(async () => (await client.send(ME)).errors[0]?.extensions['code'] === 'UNAUTHENTICATED');

  async function completion(stream: TestStream, id: string, endReason: string): Promise<void> {
    await stream.until(({ completed }) => completed);
    expect(stream.changes.at(-1)).toMatchObject({ kind: 'ENDED', session: { id, endReason } });
  }

  test(`a session terminated on A is refused on B, and its stream there told and completed (${TERMINATIONS} times)`, async () => {
    for (let round = 0; round < TERMINATIONS; round += 1) {
      const [owner, victim] = await signIn(a, 2);
      const client = onB(victim.client);
      expect((await client.data(ME)).me.id).toBe(victim.userId);
      const stream = await openStreamOnB(client, victim.userId);
      await Promise.all([
        owner.client.data(TERMINATE, { id: victim.id }),
        refusal(client),
        completion(stream, victim.id, 'TERMINATED_BY_USER'),
      ]);
      expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
      await stream.close();
    }
  });

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
  });

  test.each(sessionEnds)(
    'a session ended by %s is refused on B, and its stream there ends',
    async (_path, reason, end) => {
      const scene = await setScene(a, secrets);
      const { client, id, userId } = scene.older;
      const sameOnB = onB(client);
      expect((await sameOnB.data(ME)).me.id).toBe(userId);
      const stream = await openStreamOnB(sameOnB, userId);
      await end(scene);
      await Promise.all([refusal(sameOnB), completion(stream, id, reason)]);
    },
  );

  test.each([
    ['logout', 'LOGOUT', 'mutation { logout { count } }', 'user.logout'],
    ['terminateSession', 'TERMINATED_BY_USER', TERMINATE, null],
  ])(
    'a session that the database has lost is ended by %s all the same: its access token is refused on both',
    async (_path, reason, query, also) => {
      const [{ client, id, userId }] = await signIn(a, 1);
      const sameOnB = onB(client);
      await runSql(a.databaseUrl, 'DELETE FROM sessions WHERE id = $1', [id]);
      expect((await sameOnB.data(ME)).me.id).toBe(userId);
      await client.data(query, query === TERMINATE ? { id } : {});
      expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
      await refusal(sameOnB);
      // Kept, for instances that start or were without Redis.
      const sql = `SELECT type, subject_id, data->>'reason' AS reason FROM events
        WHERE session_id = $1 AND kept AND type IN ('session.terminated', 'user.logout') ORDER BY type`;
      expect(await runSql(a.databaseUrl, sql, [id])).toEqual([
        { type: 'session.terminated', subject_id: userId, reason },
        ...(also === null ? [] : [{ type: also, subject_id: userId, reason: null }]),
      ]);
    },
  );

  test('an ordinary request asks the database for what it shows, and for nothing else', async () => {
    const [{ client }] = await signIn(a, 1);
    const sameOnB = onB(client);
    const tables = '(users|passwords|sessions)';
    /** What is written in the background, a few statements in all, is not for each request. */
    const statementsPerRequest = async (query: string) => {
      const statements = await statementsOn(tables, async () => {
        for (let i = 0; i < 20; i += 1) await sameOnB.data(query);
      });
      return Math.floor(statements.length / 20);
    };
    expect(await statementsPerRequest('{ authPolicy { passwordMinLength } }')).toBe(0);
    expect(await statementsPerRequest(ME)).toBe(1);
  });
});

describeWithRedis('an instance without REDIS_URL', () => {
  const redis = useTestRedis();

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
