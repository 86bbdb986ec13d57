import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { ChannelListener, type Heard } from '../support/channel-listener.ts';
import { LOGIN, ME, newAccount, PASSWORD, REAUTHENTICATE } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { sessionEnds, setScene } from '../support/session-ends.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { rewind } from '../support/time-travel.ts';

const DAY = 24 * 60 * 60;
const RETENTION = 30 * DAY;
/** Lifetime of an access token and the clock skew that verifiers allow, in seconds. */
const REVOCATION_SECONDS = 300 + 5;

const LOGOUT = 'mutation { logout { count } }';
const CREATE_TOKEN = `mutation ($input: CreatePersonalAccessTokenInput!) { createPersonalAccessToken(input: $input) {
  ... on PersonalAccessTokenCreated { personalAccessToken { id } token } } }`;
const REVOKE_TOKEN = 'mutation ($id: ID!) { revokePersonalAccessToken(id: $id) { __typename } }';
const RECORD_ACTIVITY = 'mutation { recordActivity { id lastActiveAt } }';

describeWithRedis('what Redis carries, as another service hears it', () => {
  const secrets = newSecrets();
  const redis = useTestRedis();
  const latchkey = useTestApp(() => ({ env: { REDIS_URL: redis.url, ...secrets } }));
  let listener: ChannelListener;

  beforeAll(async () => {
    listener = await ChannelListener.open(redis.url);
  });
  afterAll(() => listener?.close());

  const sql = (statement: string, parameters: unknown[] = []) =>
    runSql(latchkey.databaseUrl, statement, parameters);

  async function timeOf(sessionId: string, column: 'expires_at' | 'ended_at'): Promise<string> {
    const [row = {}] = await sql(`SELECT ${column} AS at FROM sessions WHERE id = $1`, [sessionId]);
    return (row['at'] as Date).toISOString();
  }

  /** What is said because of `work`. */
  const said = (work: () => unknown) => listener.during(latchkey.databaseUrl, work);

  const channelsOf = (messages: Heard[]) => messages.map(({ channel }) => channel);
  const dataOn = (messages: Heard[], channel: string) =>
    messages.filter((message) => message.channel === channel).map(({ payload }) => payload.data);

  /** Where an event of a session is told, in this order. */
  const toldOn = (type: string, userId: string) => [
    `auth:${type}`,
    `auth:user:${userId}:sessions`,
    'auth:all:sessions',
  ];

  test('signing up is told on user.registered and session.created', async () => {
    let user = { id: '' };
    let session = { id: '' };
    const messages = await said(async () => {
      ({ user, session } = await latchkey.client().signup());
    });
    expect(channelsOf(messages)).toEqual(['auth:user.registered', ...toldOn('session.created', user.id)]);
    const expiresAt = await timeOf(session.id, 'expires_at');
    expect(messages.map(({ payload }) => payload.data)).toEqual([
      { userId: user.id },
      ...Array(3).fill({ userId: user.id, sessionId: session.id, sessionRevision: 0, expiresAt }),
    ]);
  });

  test('signing in is told on session.created and user.login', async () => {
    const account = newAccount();
    const { user } = await latchkey.client().signup(account);
    let session = { id: '' };
    const messages = await said(async () => {
      ({ session } = await latchkey.client().login({ identifier: account.email, password: PASSWORD }));
    });
    expect(channelsOf(messages)).toEqual([...toldOn('session.created', user.id), 'auth:user.login']);
    expect(dataOn(messages, 'auth:user.login')).toEqual([
      { userId: user.id, sessionId: session.id, sessionRevision: 0 },
    ]);
  });

  test('a refresh is told on token.refreshed, and a repeat of it is not', async () => {
    const [{ client, id, userId }] = await signIn(latchkey, 1);
    const { refreshToken } = client;
    const messages = await said(async () => {
      const first = await client.refresh(refreshToken);
      expect((await client.refresh(refreshToken)).refreshToken).toBe(first.refreshToken);
    });
    expect(channelsOf(messages)).toEqual(toldOn('token.refreshed', userId));
    expect(dataOn(messages, 'auth:token.refreshed')).toEqual([{ userId, sessionId: id, sessionRevision: 1 }]);
  });

  test('logging out is told on session.terminated, user.logout and revocations', async () => {
    const [{ client, id, userId }] = await signIn(latchkey, 1);
    const messages = await said(() => client.data(LOGOUT));
    expect(channelsOf(messages)).toEqual([
      ...toldOn('session.terminated', userId),
      'auth:revocations',
      'auth:user.logout',
    ]);
    expect(dataOn(messages, 'auth:session.terminated')).toEqual([
      { userId, sessionId: id, sessionRevision: 1, reason: 'LOGOUT' },
    ]);
    expect(dataOn(messages, 'auth:user.logout')).toEqual([{ userId, sessionId: id, sessionRevision: 1 }]);
  });

  test('a revocation names the session, why it ended, and until when verifiers must remember it', async () => {
    const [{ client, id }] = await signIn(latchkey, 1);
    const messages = await said(() => client.data(LOGOUT));
    const [revocation] = messages.filter(({ channel }) => channel === 'auth:revocations');
    const endedAt = await timeOf(id, 'ended_at');
    expect(revocation?.payload).toEqual({
      id: messages[0]?.payload.id,
      type: 'revocation',
      occurredAt: endedAt,
      position: expect.any(Number),
      data: {
        kind: 'session',
        id,
        notBefore: null,
        until: new Date(Date.parse(endedAt) + REVOCATION_SECONDS * 1000).toISOString(),
        reason: 'LOGOUT',
      },
    });
  });

  test.each(sessionEnds)(
    'a session ended by %s is told once on session.terminated and once on revocations',
    async (_path, reason, end) => {
      const scene = await setScene(latchkey, secrets);
      const { id, userId } = scene.older;
      const messages = await said(async () => end(scene));
      const [{ revision: sessionRevision } = {}] = await sql('SELECT revision FROM sessions WHERE id = $1', [
        id,
      ]);
      expect(sessionRevision).toBeGreaterThan(0);
      const told = { userId, sessionId: id, sessionRevision, reason };
      expect(dataOn(messages, 'auth:session.terminated')).toEqual([told]);
      expect(dataOn(messages, 'auth:revocations')).toMatchObject([{ kind: 'session', id }]);
      expect(dataOn(messages, 'auth:sessions.bulk_terminated')).toEqual([]);
    },
  );

  test('several sessions ended by one command are told one each, and together on sessions.bulk_terminated', async () => {
    const [{ client, userId }, ...others] = await signIn(latchkey, 4);
    const messages = await said(() => client.data('mutation { terminateOtherSessions { __typename } }'));
    const ids = others.map(({ id }) => id).sort();
    const reason = 'TERMINATED_BY_USER';
    const terminated = dataOn(messages, 'auth:session.terminated');
    expect(terminated.map(({ sessionId }) => sessionId).sort()).toEqual(ids);
    for (const data of terminated)
      expect(data).toEqual({ userId, sessionId: expect.any(String), sessionRevision: 1, reason });
    expect(
      dataOn(messages, 'auth:revocations')
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids);
    const [bulk, ...more] = dataOn(messages, 'auth:sessions.bulk_terminated');
    expect(more).toEqual([]);
    expect(bulk).toEqual({ userId, sessionIds: expect.arrayContaining(ids), reason });
    expect(bulk?.['sessionIds']).toHaveLength(ids.length);
  });

  test('a personal access token that is revoked, and roles that change, are told on revocations', async () => {
    const account = newAccount();
    const client = latchkey.client();
    const { user } = await client.signup(account);
    const input = { name: 'script', scopes: ['profile:read'] };
    const created = (await client.data(CREATE_TOKEN, { input })).createPersonalAccessToken;
    const { id } = created.personalAccessToken;
    const [token, ...more] = await said(() => client.data(REVOKE_TOKEN, { id }));
    const [roles, ...evenMore] = await said(() =>
      withServicesBeside(latchkey.databaseUrl, secrets, ({ userAdministration }) =>
        userAdministration.changeRoles(account.email, ['user', 'admin']),
      ),
    );
    expect([token?.channel, roles?.channel]).toEqual(['auth:revocations', 'auth:revocations']);
    expect([more, evenMore]).toEqual([[], []]);
    expect(token?.payload.data).toMatchObject({ kind: 'personal_access_token', id, notBefore: null });
    const [row = {}] = await sql('SELECT tokens_not_before AS at FROM users WHERE id = $1', [user.id]);
    const notBefore = (row['at'] as Date).toISOString();
    expect(roles?.payload.data).toMatchObject({ kind: 'user', id: user.id, notBefore });
    // Tokens dated up to 3 s ahead are refused too: another replica's clock may be.
    const aheadMs = Date.parse(notBefore) - Date.parse(roles?.payload.occurredAt ?? '');
    expect(aheadMs).toBeGreaterThanOrEqual(3_000);
  });

  test('activity is told on session.activity_updated, at most once a minute for each session', async () => {
    const [{ client, id, userId }] = await signIn(latchkey, 1);
    let lastActiveAt = '';
    const messages = await said(async () => {
      await client.data(RECORD_ACTIVITY);
      await rewind(latchkey.databaseUrl, id, 61);
      for (const _ of [1, 2, 3]) ({ lastActiveAt } = (await client.data(RECORD_ACTIVITY)).recordActivity);
    });
    expect(channelsOf(messages)).toEqual(toldOn('session.activity_updated', userId));
    expect(messages[0]?.payload.data).toEqual({ userId, sessionId: id, sessionRevision: 1, lastActiveAt });

    const again = await said(async () => {
      await rewind(latchkey.databaseUrl, id, 61);
      await client.data(RECORD_ACTIVITY);
    });
    expect(channelsOf(again)).toEqual(toldOn('session.activity_updated', userId));
  });

  test('ordinary requests are activity too', async () => {
    const [{ client, id, userId }] = await signIn(latchkey, 1);
    const channel = 'auth:session.activity_updated';
    const messages = await said(async () => {
      await rewind(latchkey.databaseUrl, id, 61);
      for (const _ of [1, 2, 3]) await client.data(ME);
      await listener.until(() =>
        listener.on(channel).some(({ payload }) => payload.data['sessionId'] === id),
      );
    });
    expect(channelsOf(messages)).toEqual(toldOn('session.activity_updated', userId));
  });

  test('the purge of an ended session is told on session.deleted', async () => {
    const [{ client, id, userId }] = await signIn(latchkey, 1);
    await client.data(LOGOUT);
    await rewind(latchkey.databaseUrl, id, RETENTION + 60);
    const messages = await said(() =>
      withServicesBeside(latchkey.databaseUrl, secrets, ({ cleanup }) => cleanup.run()),
    );
    expect(channelsOf(messages)).toEqual(['auth:session.deleted']);
    expect(messages[0]?.payload.data).toEqual({ userId, sessionId: id, sessionRevision: 2 });
  });

  test('a refused attempt is told nowhere', async () => {
    const account = newAccount();
    const client = latchkey.client();
    const { user, refreshToken } = await client.signup(account);
    const forged = `${refreshToken.slice(0, -8)}${refreshToken.endsWith('AAAAAAAA') ? 'BBBBBBBB' : 'AAAAAAAA'}`;
    const messages = await said(async () => {
      const attempt = { identifier: account.email, password: 'not the right password' };
      await latchkey.client().send(LOGIN, { input: attempt });
      await latchkey.client().refresh(forged);
      await client.send(REAUTHENTICATE, { password: 'not the right password' });
      await client.send('mutation ($id: ID!) { terminateUserSessions(userId: $id) { count } }', {
        id: user.id,
      });
      await latchkey
        .client()
        .send(`mutation ($input: SignupInput!) { signup(input: $input) { __typename } }`, {
          input: account,
        });
    });
    expect(messages).toEqual([]);
    const refused = async () =>
      sql(
        `SELECT DISTINCT type FROM events WHERE outcome = 'FAILURE' AND (subject_id = $1 OR actor_id = $1 OR subject_id IS NULL) ORDER BY type`,
        [user.id],
      );
    await eventually(async () => (await refused()).length === 4);
    expect((await refused()).map(({ type }) => type)).toEqual([
      'access.denied',
      'token.refresh_refused',
      'user.login_failed',
      'user.password_check_failed',
    ]);
  });
});
