import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { TOKEN_ROUNDS } from '../support/amounts.ts';
import { type TestApp, useTwoTestApps } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { subscribers } from '../support/channel-listener.ts';
import { type GraphQLClient, ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import {
  bearing,
  exchanged,
  makeToken,
  REVOKE_TOKEN,
  ROTATE_TOKEN,
} from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { refusalsWritten } from '../support/refusals.ts';
import { newSecrets } from '../support/secrets.ts';
import { signIn, signInAdministrator } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { MY_SESSION_CHANGED, TestStream } from '../support/streams.ts';

const PARALLEL_USES = 50;
/** Uses by each after it was refused: none of them may succeed. */
const USES_AFTERWARDS = 3;

const PRIVATE = 'query ($id: ID!) { user(id: $id) { id email } }';
const LEAKED = 'mutation ($token: String!) { revokeLeakedToken(input: { token: $token }) { __typename } }';

/** The processes' clock: tests let tokens expire. */
const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };

describeWithRedis('a token, on two instances with one Redis', () => {
  const secrets = newSecrets();
  const streams: TestStream[] = [];
  const redis = useTestRedis();
  const [a, b] = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url, ...secrets }, clock }));
  let observer: Redis;

  beforeAll(() => {
    observer = new Redis(redis.url);
  });
  afterEach(async () => {
    clock.ahead = 0;
    await Promise.all(streams.splice(0).map((stream) => stream.close()));
  });
  afterAll(() => observer?.disconnect());

  /** Changes roles as the command line does: in a process without Redis, whose events wait for a relay. */
  async function setRoles(userId: string, ...roles: string[]): Promise<void> {
    const [user] = await runSql(a.databaseUrl, 'SELECT email FROM users WHERE id = $1', [userId]);
    await withServicesBeside(a.databaseUrl, secrets, async ({ userAdministration }) => {
      expect((await userAdministration.changeRoles(String(user?.['email']), roles)).kind).toBe('updated');
    });
  }

  /** Resolves when both instances have refused. */
  async function refusedEverywhere(token: string, code = 'UNAUTHENTICATED', query = ME, variables = {}) {
    const refusals = [a, b].map((app) => {
      const script = bearing(app, token);
      return eventually(async () => {
        const { errors } = await script.send(query, variables);
        expect([undefined, code]).toContain(errors[0]?.extensions['code']);
        return errors.length > 0;
      });
    });
    await Promise.all(refusals);
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

  test.each(ends)('that is %s is refused everywhere', async (_how, end) => {
    await administrator();
    for (let round = 0; round < TOKEN_ROUNDS; round += 1) {
      const [{ client }] = await signIn(a, 1);
      const made = await makeToken(client, 'profile:read');
      const accessToken = await exchanged(a, made.token);
      for (const token of [made.token, accessToken]) expect(await isGoodEverywhere(token)).toBe(true);
      await end(client, made);
      await Promise.all([made.token, accessToken].map((token) => refusedEverywhere(token)));
      for (const token of [made.token, accessToken]) expect(await isGoodEverywhere(token)).toBe(false);
    }
  });

  test('that has expired is refused everywhere at once, though it is remembered', async () => {
    const [{ client }] = await signIn(a, 1);
    const { token } = await makeToken(client, 'profile:read');
    expect(await isGoodEverywhere(token)).toBe(true);
    clock.ahead = 30 * 86_400_000 - 60_000;
    expect(await isGoodEverywhere(token)).toBe(true);
    clock.ahead = 30 * 86_400_000 + 60_000;
    for (const app of [a, b]) expect((await bearing(app, token).send(ME)).data.me).toBeNull();
  });

  test('whose owner has lost a role may do no more than the owner', async () => {
    const [{ userId: other }] = await signIn(a, 1);
    for (let round = 0; round < TOKEN_ROUNDS; round += 1) {
      const owner = await signInAdministrator(a);
      const { me } = await owner.data(ME);
      const { token } = await makeToken(owner, 'profile:read', 'users:read');
      for (const app of [a, b])
        expect((await bearing(app, token).send(PRIVATE, { id: other })).errors).toEqual([]);
      await Promise.all([
        refusedEverywhere(token, 'FORBIDDEN', PRIVATE, { id: other }),
        setRoles(me.id, 'user'),
      ]);
      expect(await isGoodEverywhere(token)).toBe(true);
    }
  });

  test('exchanged before its owner lost a role is refused everywhere, and the next one has what is left, at once', async () => {
    const [{ userId: other }] = await signIn(a, 1);
    for (let round = 0; round < TOKEN_ROUNDS; round += 1) {
      const owner = await signInAdministrator(a);
      const { me } = await owner.data(ME);
      const { token } = await makeToken(owner, 'profile:read', 'users:read');
      const before = await exchanged(a, token);
      expect(await isGoodEverywhere(before)).toBe(true);
      await setRoles(me.id, 'user');
      await refusedEverywhere(before);
      const after = await exchanged(a, token);
      expect(await isGoodEverywhere(after)).toBe(true);
      await refusedEverywhere(after, 'FORBIDDEN', PRIVATE, { id: other });
    }
  });

  test('whose owner is disabled is refused everywhere', async () => {
    const [{ client, userId }] = await signIn(a, 1);
    const { token } = await makeToken(client, 'profile:read');
    const accessToken = await exchanged(a, token);
    for (const each of [token, accessToken]) expect(await isGoodEverywhere(each)).toBe(true);
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
    await Promise.all([token, accessToken].map((each) => refusedEverywhere(each)));
  });

  test(`of ${PARALLEL_USES} uses at a time none that began after the answer succeeds there, and elsewhere none after the first refusal`, async () => {
    for (let round = 0; round < TOKEN_ROUNDS; round += 1) {
      const [{ client }] = await signIn(a, 1);
      const made = await makeToken(client, 'profile:read');
      const uses: { app: TestApp; beganAt: number; endedAt: number; succeeded: boolean }[] = [];
      const users = Array.from({ length: PARALLEL_USES }, async (_, i) => {
        const app = i % 2 === 0 ? a : b;
        const script = bearing(app, made.token);
        for (let refusals = 0; refusals <= USES_AFTERWARDS; ) {
          const beganAt = performance.now();
          const succeeded = (await script.send(ME)).data.me !== null;
          uses.push({ app, beganAt, endedAt: performance.now(), succeeded });
          if (!succeeded) refusals += 1;
        }
      });
      await eventually(async () => (await isGoodEverywhere(made.token)) && uses.length > PARALLEL_USES * 2);
      await client.data(REVOKE_TOKEN, { id: made.id });
      const answeredAt = performance.now();
      await Promise.all(users);
      const refusals = uses.filter(({ app, succeeded }) => app === b && !succeeded);
      const refusedAt = Math.min(...refusals.map(({ endedAt }) => endedAt));
      for (const [where, since] of [
        [a, answeredAt],
        [b, refusedAt],
      ] as const) {
        const late = uses.filter((use) => use.app === where && use.beganAt > since);
        expect(late.filter(({ succeeded }) => succeeded)).toEqual([]);
      }
    }
  });

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

  function openStream({ url }: TestApp, token: string): TestStream {
    const stream = new TestStream(url, MY_SESSION_CHANGED, { authorization: `Bearer ${token}` });
    streams.push(stream);
    return stream;
  }

  async function openStreamOnB(token: string, userId: string): Promise<TestStream> {
    const stream = openStream(b, token);
    await eventually(async () => (await subscribers(observer, `auth:user:${userId}:sessions`)) > 0);
    return stream;
  }

  test.each([
    ['is revoked', (owner, { id }) => owner.data(REVOKE_TOKEN, { id })],
    ['loses a role of its owner', async (owner) => setRoles((await owner.data(ME)).me.id, 'user')],
  ] as [string, (owner: GraphQLClient, made: { id: string }) => Promise<unknown>][])(
    'that %s ends its stream elsewhere with CREDENTIAL_EXPIRED, and that of an exchanged one',
    async (_how, end) => {
      const owner = await signInAdministrator(a);
      const made = await makeToken(owner, 'sessions:read');
      const { me } = await owner.data(ME);
      const own = await openStreamOnB(made.token, me.id);
      const ofExchanged = await openStreamOnB(await exchanged(a, made.token), me.id);
      await end(owner, made);
      for (const stream of [own, ofExchanged]) {
        await stream.until(({ completed }) => completed);
        expect(stream.changes.at(-1)).toMatchObject({ kind: 'CREDENTIAL_EXPIRED', session: null });
      }
    },
  );

  test('ends its stream when its time is over', async () => {
    const [{ client }] = await signIn(a, 1);
    let token = '';
    let kinds: string[] = [];
    // A busy machine may take longer to open a stream than a token lives: the next one lives twice as long.
    for (let seconds = 1; !kinds.includes('CREDENTIAL_EXPIRED') && seconds <= 8; seconds *= 2) {
      const made = await makeToken(client, 'sessions:read');
      token = made.token;
      await runSql(
        a.databaseUrl,
        'UPDATE personal_access_tokens SET expires_at = now() + make_interval(secs => $2) WHERE id = $1',
        [made.id, seconds],
      );
      const stream = openStream(b, token);
      await stream.until(({ completed }) => completed);
      kinds = stream.changes.map(({ kind }) => kind);
    }
    expect(kinds).toEqual(['CREDENTIAL_EXPIRED']);
    expect((await bearing(b, token).send(ME)).data.me).toBeNull();
  });
});
