import { afterEach, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { PASSWORD } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { runSql } from '../support/sql.ts';
import { type Change, MY_SESSION_CHANGED, TestStream } from '../support/streams.ts';
import { rewind } from '../support/time-travel.ts';

const streams: TestStream[] = [];

const latchkey = useTestApp();
afterEach(() => Promise.all(streams.splice(0).map((stream) => stream.close())));

function open(connectionParams: object, query = MY_SESSION_CHANGED, variables = {}): TestStream {
  const stream = new TestStream(latchkey.url, query, connectionParams, variables);
  streams.push(stream);
  return stream;
}

/** A stream that is known to be live: it has told of a session that came and went for the purpose. */
async function openLive(account: { email: string }, accessToken: string | null): Promise<TestStream> {
  const stream = open({ authorization: `Bearer ${accessToken}` });
  let visit = '';
  await eventually(async () => {
    const visitor = latchkey.client();
    visit = (await visitor.login({ identifier: account.email, password: PASSWORD })).session.id;
    await visitor.data('mutation { logout { count } }');
    return stream.changes.length > 0;
  });
  return stream.until(({ changes }) => changes.some(isEndOf(visit)));
}

const isEndOf =
  (sessionId: string) =>
  ({ kind, session }: Change): boolean =>
    kind === 'ENDED' && session?.id === sessionId;

describe('a stream of one’s own sessions', () => {
  test('tells of sign-ins, refreshes and ends, each with the session as it is', async () => {
    const owner = latchkey.client();
    const { user } = await owner.signup();
    const stream = await openLive(user, owner.accessToken);
    const other = latchkey.client();
    const { session } = await other.login({ identifier: user.email, password: PASSWORD });
    await other.refresh();
    await other.data('mutation { logout { count } }');
    await stream.until(({ changes }) => changes.some(isEndOf(session.id)));
    const told = stream.changes.filter((change) => change.session?.id === session.id).map(({ kind }) => kind);
    expect(told).toEqual(['CREATED', 'REFRESHED', 'ENDED']);
    expect(stream.completed).toBe(false);
  });

  test('ends with ENDED when the session that watches ends', async () => {
    const owner = latchkey.client();
    const { user, session } = await owner.signup();
    const stream = await openLive(user, owner.accessToken);
    await owner.data('mutation { logout { count } }');
    await stream.until(({ completed }) => completed);
    expect(stream.results.at(-1).data.mySessionChanged).toMatchObject({
      kind: 'ENDED',
      session: { id: session.id, endReason: 'LOGOUT' },
    });
    expect(stream.changes.filter(isEndOf(session.id))).toHaveLength(1);
  });

  test.each([
    { days: 7, endReason: 'IDLE_TIMEOUT' },
    { days: 30, endReason: 'EXPIRED' },
  ])(
    'of a session that has timed out says why ($endReason), before any sweep',
    async ({ days, endReason }) => {
      const owner = latchkey.client();
      const { session } = await owner.signup();
      await rewind(latchkey.databaseUrl, session.id, days * 24 * 3600);
      const params = { authorization: `Bearer ${owner.accessToken}` };
      const stream = await open(params).until(({ completed }) => completed);
      expect(stream.changes).toEqual([
        expect.objectContaining({ kind: 'ENDED', session: { id: session.id, endReason } }),
      ]);
    },
  );

  test('never tells of someone else, whatever they do', async () => {
    const owner = latchkey.client();
    const { user } = await owner.signup();
    const stream = await openLive(user, owner.accessToken);
    const stranger = latchkey.client();
    const { session: foreign } = await stranger.signup();
    await stranger.refresh();
    await stranger.data('mutation { logout { count } }');
    await owner.refresh();
    await stream.until(({ changes }) => changes.some(({ kind }) => kind === 'REFRESHED'));
    expect(stream.changes.some(({ session }) => session?.id === foreign.id)).toBe(false);
  });

  test('without a good credential says so and completes', async () => {
    for (const params of [{}, { authorization: 'Bearer nonsense' }, { token: 'x.y.z' }]) {
      const stream = await open(params).until(({ completed }) => completed);
      expect(stream.changes).toMatchObject([{ kind: 'CREDENTIAL_INVALID', session: null }]);
    }
  });

  test('of a session that had ended before it was opened says so and completes', async () => {
    const owner = latchkey.client();
    await owner.signup();
    const { accessToken } = owner;
    await owner.data('mutation { logout { count } }');
    const stream = await open({ authorization: `Bearer ${accessToken}` }).until(({ completed }) => completed);
    expect(stream.changes.map(({ kind }) => kind)).toEqual(['CREDENTIAL_INVALID']);
  });

  test('is authenticated from every shape of connection_init', async () => {
    const owner = latchkey.client();
    await owner.signup();
    const { accessToken } = owner;
    const shapes = [
      { authorization: `Bearer ${accessToken}` },
      { Authorization: `bearer ${accessToken}` },
      { authorization: accessToken },
      { token: accessToken },
      { token: `Bearer ${accessToken}` },
      { connectionParams: { token: `Bearer ${accessToken}` } },
      { connectionParams: { Authorization: `Bearer ${accessToken}` } },
      { headers: { authorization: `Bearer ${accessToken}` } },
    ];
    const opened = shapes.map((shape) => open(shape));
    await owner.data('mutation { logout { count } }');
    for (const stream of opened) {
      await stream.until(({ completed }) => completed);
      // Either it was open when the session ended, or it came a moment too late.
      expect(['ENDED', 'CREDENTIAL_INVALID']).toContain(stream.changes.at(-1)?.kind);
    }
  });

  test('is refused beyond twenty for one user', async () => {
    const owner = latchkey.client();
    const { user } = await owner.signup();
    const first = await openLive(user, owner.accessToken);
    const opened = Array.from({ length: 20 }, () => open({ authorization: `Bearer ${owner.accessToken}` }));
    await Promise.any(opened.map((stream) => stream.until(({ results }) => results.length > 0)));
    const refused = opened.filter(({ results }) => results.length > 0);
    expect(refused).toHaveLength(1);
    expect(refused[0]?.results[0].errors[0].extensions.code).toBe('RATE_LIMITED');
    expect(first.completed).toBe(false);
  });
});

describe('a stream of anyone’s sessions', () => {
  const QUERY = 'subscription ($userId: ID) { sessionChanged(userId: $userId) { id kind session { id } } }';

  test('needs its scope', async () => {
    const owner = latchkey.client();
    const { user } = await owner.signup();
    const stream = open({ authorization: `Bearer ${owner.accessToken}` }, QUERY, { userId: user.id });
    await stream.until(({ completed }) => completed);
    expect(stream.results[0].errors[0].extensions.code).toBe('FORBIDDEN');
  });

  test('tells an administrator of one user, or of everyone', async () => {
    const admin = latchkey.client();
    const { user } = await admin.signup();
    await runSql(latchkey.databaseUrl, `UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]);
    await admin.refresh();
    const watched = latchkey.client();
    const { user: target } = await watched.signup();
    const params = { authorization: `Bearer ${admin.accessToken}` };
    const everyone = open(params, QUERY, { userId: null });
    const one = open(params, QUERY, { userId: target.id });
    const told = (stream: TestStream, act: () => Promise<unknown>) =>
      eventually(async () => {
        await act();
        return stream.changes.length > 0;
      });
    await told(everyone, () => latchkey.client().signup());
    await told(one, () => watched.refresh());
    expect(one.changes.every(({ kind }) => kind === 'REFRESHED')).toBe(true);
  });
});

describe('what is no subscription', () => {
  test.each([
    [
      'a login',
      'mutation { login(input: { identifier: "x", password: "y" }) { __typename } }',
      'BAD_USER_INPUT',
    ],
    ['a query', '{ me { id } }', 'BAD_USER_INPUT'],
    ['something unknown', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['something malformed', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
  ])('%s is refused over WebSocket', async (_what, query, code) => {
    const stream = await open({}, query).until(({ error }) => error !== null);
    expect((stream.error as { extensions: { code: string } }[])[0]?.extensions.code).toBe(code);
  });

  test('a subscription by plain POST is refused clearly', async () => {
    const { data, errors } = await latchkey.client().send(MY_SESSION_CHANGED);
    expect(data).toBeUndefined();
    expect(errors[0]).toMatchObject({ extensions: { code: 'BAD_USER_INPUT' } });
  });
});
