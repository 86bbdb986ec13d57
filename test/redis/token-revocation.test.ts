import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { startTestApp, type TestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { subscribers } from '../support/channel-listener.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { Latencies } from '../support/latencies.ts';
import { bearing, makeToken, REVOKE_TOKEN, ROTATE_TOKEN } from '../support/personal-access-tokens.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { refusalsWritten } from '../support/refusals.ts';
import { newSecrets } from '../support/secrets.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { MY_SESSION_CHANGED, TestStream } from '../support/streams.ts';

/** What is revoked is refused by every instance within this long, in milliseconds. */
const WITHIN_MS = 1_000;
const ROUNDS = process.env['NIGHTLY'] === '1' ? 30 : 3;
const PARALLEL_USES = 50;

const PRIVATE = 'query ($id: ID!) { user(id: $id) { id email } }';
const LEAKED = 'mutation ($token: String!) { revokeLeakedToken(input: { token: $token }) { __typename } }';

/** The processes' clock: tests let tokens expire. */
const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };

describeWithRedis('a token, on two instances with one Redis', () => {
  const secrets = newSecrets();
  const streams: TestStream[] = [];
  let redis: TestRedis;
  let observer: Redis;
  let a: TestApp;
  let b: TestApp;

  beforeAll(async () => {
    redis = await TestRedis.start();
    observer = new Redis(redis.url);
    const env = { REDIS_URL: redis.url, ...secrets };
    a = await startTestApp({ env, clock });
    b = await startTestApp({ env, clock, databaseUrl: a.databaseUrl });
  });
  afterEach(async () => {
    clock.ahead = 0;
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(async () => {
    observer?.disconnect();
    await b?.stop();
    await a?.stop();
    await redis?.kill();
  });

  /** Changes roles as the command line does: in a process without Redis, whose events wait for a relay. */
  async function setRoles(userId: string, ...roles: string[]): Promise<void> {
    const [user] = await runSql(a.databaseUrl, 'SELECT email FROM users WHERE id = $1', [userId]);
    await withServicesBeside(a.databaseUrl, secrets, async ({ changeRoles }) => {
      expect((await changeRoles(String(user?.['email']), roles)).kind).toBe('changed');
    });
  }

  /** When the last of both instances refused for the first time, by the clock of `performance.now()`. */
  async function refusedEverywhere(token: string, code = 'UNAUTHENTICATED', query = ME, variables = {}) {
    const refusals = [a, b].map(async (app) => {
      const script = bearing(app, token);
      await eventually(async () => {
        const { errors } = await script.send(query, variables);
        expect([undefined, code]).toContain(errors[0]?.extensions['code']);
        return errors.length > 0;
      });
      return performance.now();
    });
    return Math.max(...(await Promise.all(refusals)));
  }

  async function isGoodEverywhere(token: string): Promise<boolean> {
    const answers = await Promise.all([a, b].map((app) => bearing(app, token).send(ME)));
    return answers.every(({ data }) => data.me !== null);
  }

  const ends: readonly (readonly [
    string,
    (owner: GraphQLClient, made: { id: string; token: string }) => Promise<unknown>,
  ])[] = [
    ['revoked by its owner', (owner, { id }) => owner.data(REVOKE_TOKEN, { id })],
    [
      'revoked by an administrator',
      async (_owner, { id }) => (await administrator()).data(REVOKE_TOKEN, { id }),
    ],
    ['rotated', (owner, { id }) => owner.data(ROTATE_TOKEN, { id })],
    ['reported as leaked', (_owner, { token }) => a.client().data(LEAKED, { token })],
  ];

  let admin: GraphQLClient | null = null;
  async function administrator(): Promise<GraphQLClient> {
    admin ??= await signInAdministrator(a);
    return admin;
  }

  test.each(ends)(
    `that is %s is refused everywhere within ${WITHIN_MS} ms`,
    async (how, end) => {
      const latencies = new Latencies(how);
      await administrator();
      for (let round = 0; round < ROUNDS; round += 1) {
        const [{ client }] = await signIn(a, 1);
        const made = await makeToken(client, 'profile:read');
        expect(await isGoodEverywhere(made.token)).toBe(true);
        await end(client, made);
        const answeredAt = performance.now();
        latencies.add((await refusedEverywhere(made.token)) - answeredAt);
        expect(await isGoodEverywhere(made.token)).toBe(false);
      }
      expect(latencies.report().quantile(1)).toBeLessThan(WITHIN_MS);
    },
    60_000,
  );

  test('that has expired is refused everywhere at once, though it is remembered', async () => {
    const [{ client }] = await signIn(a, 1);
    const { token } = await makeToken(client, 'profile:read');
    expect(await isGoodEverywhere(token)).toBe(true);
    clock.ahead = 30 * 86_400_000 - 60_000;
    expect(await isGoodEverywhere(token)).toBe(true);
    clock.ahead = 30 * 86_400_000 + 60_000;
    for (const app of [a, b]) expect((await bearing(app, token).send(ME)).data.me).toBeNull();
  });

  test(`whose owner has lost a role may do no more than the owner within ${WITHIN_MS} ms`, async () => {
    const latencies = new Latencies('role gone');
    const [{ userId: other }] = await signIn(a, 1);
    for (let round = 0; round < ROUNDS; round += 1) {
      const owner = await signInAdministrator(a);
      const { me } = await owner.data(ME);
      const { token } = await makeToken(owner, 'profile:read', 'users:read');
      for (const app of [a, b])
        expect((await bearing(app, token).send(PRIVATE, { id: other })).errors).toEqual([]);
      const [refusedAt] = await Promise.all([
        // The database dates the change, so this is by the clock that both share.
        refusedEverywhere(token, 'FORBIDDEN', PRIVATE, { id: other }).then(() => Date.now()),
        setRoles(me.id, 'user'),
      ]);
      const [row] = await runSql(
        a.databaseUrl,
        'SELECT extract(epoch FROM updated_at)::float8 * 1000 AS at FROM users WHERE id = $1',
        [me.id],
      );
      latencies.add(refusedAt - Number(row?.['at']));
      expect(await isGoodEverywhere(token)).toBe(true);
    }
    expect(latencies.report().quantile(1)).toBeLessThan(WITHIN_MS);
  }, 180_000);

  test(`whose owner is disabled is refused everywhere within ${WITHIN_MS} ms`, async () => {
    const [{ client, userId }] = await signIn(a, 1);
    const { token } = await makeToken(client, 'profile:read');
    expect(await isGoodEverywhere(token)).toBe(true);
    await runSql(
      a.databaseUrl,
      `WITH disabled AS (
         UPDATE users SET account_status = 'DISABLED', tokens_not_before = $2 WHERE id = $1::uuid
       ), event AS (
         INSERT INTO events (id, type, outcome, subject_id, data, kept)
         VALUES (gen_random_uuid(), 'user.roles_changed', 'SUCCESS', $1::uuid,
           jsonb_build_object('userId', $1::uuid, 'notBefore', $2::timestamptz), true)
         RETURNING id
       ) INSERT INTO event_outbox (event_id) SELECT id FROM event`,
      [userId, new Date()],
    );
    const disabledAt = performance.now();
    expect((await refusedEverywhere(token)) - disabledAt).toBeLessThan(WITHIN_MS);
  });

  test(`of ${PARALLEL_USES} uses at a time none that began after the answer succeeds there, nor anywhere ${WITHIN_MS} ms later`, async () => {
    const latencies = new Latencies('revoked on A, last success on B');
    for (let round = 0; round < ROUNDS; round += 1) {
      const [{ client }] = await signIn(a, 1);
      const made = await makeToken(client, 'profile:read');
      const uses: { app: TestApp; startedAt: number; succeeded: boolean }[] = [];
      let deadline = Number.POSITIVE_INFINITY;
      const users = Array.from({ length: PARALLEL_USES }, async (_, i) => {
        const app = i % 2 === 0 ? a : b;
        const script = bearing(app, made.token);
        while (performance.now() < deadline) {
          const startedAt = performance.now();
          const { data } = await script.send(ME);
          uses.push({ app, startedAt, succeeded: data.me !== null });
        }
      });
      await eventually(async () => (await isGoodEverywhere(made.token)) && uses.length > PARALLEL_USES * 2);
      await client.data(REVOKE_TOKEN, { id: made.id });
      const answeredAt = performance.now();
      deadline = answeredAt + WITHIN_MS;
      await Promise.all(users);
      const lastSuccess = (app: TestApp) =>
        Math.max(...uses.filter((use) => use.succeeded && use.app === app).map(({ startedAt }) => startedAt));
      for (const app of [a, b]) expect((await bearing(app, made.token).send(ME)).data.me).toBeNull();
      expect(lastSuccess(a)).toBeLessThanOrEqual(answeredAt);
      latencies.add(lastSuccess(b) - answeredAt);
    }
    expect(latencies.report().quantile(1)).toBeLessThan(WITHIN_MS);
  }, 180_000);

  test('that was rotated and is used on is told to the audit log once', async () => {
    const [{ client, userId }] = await signIn(a, 1);
    const made = await makeToken(client, 'profile:read');
    await client.data(ROTATE_TOKEN, { id: made.id });
    const use = () => bearing(a, made.token).send(ME);
    await Promise.all(Array.from({ length: 40 }, use));
    expect(await refusalsWritten(a.databaseUrl, 'personal_access_token.reused', userId, 40)).toEqual({
      refusals: 40,
      data: [{ userId, personalAccessTokenId: made.id }],
    });
  });

  test('of a session from before a change of roles is refused everywhere, and the next one has the new scopes at once', async () => {
    const [{ client, userId }] = await signIn(a, 1);
    const { accessToken } = client;
    await setRoles(userId, 'user', 'admin');
    // Not a moment later: the instance may not have heard of the change.
    expect((await client.refresh()).__typename).toBe('Authentication');
    expect(await client.data('{ sessions { totalCount } }')).toBeDefined();
    await refusedEverywhere(accessToken ?? '');
    expect(await isGoodEverywhere(client.accessToken ?? '')).toBe(true);
    const onB = bearing(b, client.accessToken ?? '');
    expect(await onB.data('{ sessions { totalCount } }')).toBeDefined();
    const [row] = await runSql(a.databaseUrl, 'SELECT ended_at FROM sessions WHERE user_id = $1', [userId]);
    expect(row).toEqual({ ended_at: null });
  });

  async function openStreamOnB(token: string, userId: string): Promise<TestStream> {
    const stream = new TestStream(b.url, MY_SESSION_CHANGED, { authorization: `Bearer ${token}` });
    streams.push(stream);
    await eventually(async () => (await subscribers(observer, `auth:user:${userId}:sessions`)) > 0);
    return stream;
  }

  test.each([
    ['is revoked', (owner, { id }) => owner.data(REVOKE_TOKEN, { id })],
    ['loses a role of its owner', async (owner) => setRoles((await owner.data(ME)).me.id, 'user')],
  ] as [string, (owner: GraphQLClient, made: { id: string }) => Promise<unknown>][])(
    `that %s ends its stream elsewhere with CREDENTIAL_EXPIRED within ${WITHIN_MS} ms`,
    async (_how, end) => {
      const owner = await signInAdministrator(a);
      const made = await makeToken(owner, 'sessions:read');
      const stream = await openStreamOnB(made.token, (await owner.data(ME)).me.id);
      await end(owner, made);
      const endedAt = performance.now();
      await stream.until(({ completed }) => completed);
      expect(performance.now() - endedAt).toBeLessThan(WITHIN_MS);
      expect(stream.changes.at(-1)).toMatchObject({ kind: 'CREDENTIAL_EXPIRED', session: null });
    },
  );

  test('ends its stream when its time is over', async () => {
    const [{ client, userId }] = await signIn(a, 1);
    const made = await makeToken(client, 'sessions:read');
    await runSql(
      a.databaseUrl,
      `UPDATE personal_access_tokens SET expires_at = now() + interval '1 second' WHERE id = $1`,
      [made.id],
    );
    const stream = await openStreamOnB(made.token, userId);
    await stream.until(({ completed }) => completed);
    expect(stream.changes.map(({ kind }) => kind)).toEqual(['CREDENTIAL_EXPIRED']);
    expect((await bearing(b, made.token).send(ME)).data.me).toBeNull();
  });
});
