import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { LOGIN, ME, REFRESH } from '../../../../test/support/client.ts';
import { bearing, makeToken } from '../../../../test/support/personal-access-tokens.ts';
import { errorCodeOf } from '../../../../test/support/signed-in.ts';
import { CREATE_TASK, client, graph, LOGOUT, signInAgain, signUp, TERMINATE } from '../support/graph.ts';

describe('a user', () => {
  test('signs up, signs in and is who they are', async () => {
    const ada = await signUp();
    const { client: elsewhere } = await signInAgain(ada);
    const { email, username } = ada.account;
    expect((await elsewhere.data(ME)).me).toEqual({ id: ada.userId, email, username });
  });

  test('is joined from both subgraphs', async () => {
    const ada = await signUp();
    await ada.client.data(CREATE_TASK, { title: 'Water the plants' });
    const { me } = await ada.client.data('{ me { tasks { title owner { username } } } }');
    const { username } = ada.account;
    expect(me).toEqual({ tasks: [{ title: 'Water the plants', owner: { username } }] });
  });

  test("is seen by others, but without what is theirs in the other team's subgraph", async () => {
    const ada = await signUp();
    await ada.client.data(CREATE_TASK, { title: 'Water the plants' });
    const { client: stranger } = await signUp();
    const { user } = await stranger.data('query ($id: ID!) { user(id: $id) { username tasks { title } } }', {
      id: ada.userId,
    });
    expect(user).toEqual({ username: ada.account.username, tasks: null });
  });
});

describe('a session', () => {
  test('is refreshed by the token in the body, which is replaced', async () => {
    const ada = await signUp();
    const before = ada.client.refreshToken;
    expect(await ada.client.refresh()).toMatchObject({
      __typename: 'Authentication',
      session: { id: ada.sessionId },
    });
    expect(ada.client.refreshToken).not.toBe(before);
    expect((await ada.client.data(ME)).me).toMatchObject({ id: ada.userId });
  });

  test('is refreshed by the cookie, which is replaced, and which logging out clears', async () => {
    const { account } = await signUp();
    const browser = client();
    const { session } = await browser.login({
      identifier: account.username,
      password: account.password,
      refreshTokenTransport: 'COOKIE',
    });
    const [[name, before] = [], [device] = []] = [...browser.cookies];
    expect(device).toMatch(/latchkey-device$/);
    const { data, headers } = await browser.send(REFRESH);
    expect(data.refreshSession).toMatchObject({ session: { id: session.id }, refreshToken: null });
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(
        new RegExp(`^${name}=lkr_.+; Path=/; Expires=.+ GMT; HttpOnly; SameSite=Strict$`),
      ),
    ]);
    expect(browser.cookies.get(name ?? '')).not.toBe(before);
    // By the cookie alone: the access token may be long gone.
    browser.accessToken = null;
    expect(await browser.data(LOGOUT)).toEqual({ logout: { count: 1 } });
    expect([...browser.cookies.keys()]).toEqual([device]);
  });

  test('is one, however often its sign-in is repeated with the same key', async () => {
    const { account } = await signUp();
    const input = { identifier: account.email, password: account.password };
    const headers = { 'idempotency-key': randomUUID() };
    const login = async () => (await client().send(LOGIN, { input }, headers)).data.login;
    const { session, refreshToken } = await login();
    expect(await login()).toMatchObject({ session, refreshToken });
  });

  test('shows where it was begun, whatever the client says of its address', async () => {
    const { account } = await signUp();
    const query = `mutation { login(input: { identifier: "${account.email}", password: "${account.password}" }) {
      ... on Authentication { session { ipAddress device { userAgent } } } } }`;
    const { data } = await postFrom(ELSEWHERE, query, {
      'user-agent': 'Test/1.0',
      'x-forwarded-for': '203.0.113.9',
    });
    expect(data.login.session).toEqual({ ipAddress: ELSEWHERE, device: { userAgent: 'Test/1.0' } });
  });

  test('that was terminated from another device is over at once', async () => {
    const ada = await signUp();
    const phone = await signInAgain(ada);
    expect(await ada.client.data(TERMINATE, { id: phone.sessionId })).toEqual({
      terminateSession: {
        __typename: 'SessionsTerminated',
        count: 1,
        sessions: [{ id: phone.sessionId, endReason: 'TERMINATED_BY_USER' }],
      },
    });
    expect(await errorCodeOf(phone.client.send(ME))).toBe('UNAUTHENTICATED');
    expect((await ada.client.data(ME)).me).toMatchObject({ id: ada.userId });
  });
});

test('a personal access token is made, and does what it was made for and no more', async () => {
  const ada = await signUp();
  const { token } = await makeToken(ada.client, 'profile:read');
  const script = bearing({ client }, token);
  const { email, username } = ada.account;
  expect((await script.data(ME)).me).toEqual({ id: ada.userId, email, username });
  expect(await errorCodeOf(script.send(TERMINATE, { id: ada.sessionId }))).toBe('FORBIDDEN');
});

test('without a credential one is nobody, and is answered what is public', async () => {
  expect(await client().data('{ me { id } authPolicy { passwordMinLength } }')).toEqual({
    me: null,
    authPolicy: { passwordMinLength: expect.any(Number) },
  });
});

/** An address of this machine that is not the router's. Linux alone has more than one at the loopback without being told. */
const ELSEWHERE = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';

/** Sends what `fetch` cannot: from an address of one's choice. */
async function postFrom(localAddress: string, query: string, headers: Record<string, string>) {
  const { hostname, port } = new URL(graph.routerUrl);
  const options = { hostname, port, localAddress, family: 4, path: '/graphql', method: 'POST' };
  const sent = request({ ...options, headers: { 'content-type': 'application/json', ...headers } });
  sent.end(JSON.stringify({ query }));
  const [response] = await once(sent, 'response');
  return JSON.parse(Buffer.concat(await response.toArray()).toString());
}
