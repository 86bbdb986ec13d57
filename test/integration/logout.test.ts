import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { ME, newAccount, REFRESH, SIGNUP } from '../support/client.ts';
import { errorCodeOf, expectSignedIn, expectSignedOut, signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';

const LOGOUT = `mutation ($input: LogoutInput) { logout(input: $input) { count
  sessions { id status current endReason } } }`;
const COOKIE = 'latchkey-refresh';

const latchkey = useTestApp();

test('ends the session of the access token at once, and no other', async () => {
  const [{ client, id }, other] = await signIn(latchkey, 2);
  const { logout } = await client.data(LOGOUT);
  expect(logout).toEqual({
    count: 1,
    sessions: [{ id, status: 'ENDED', current: true, endReason: 'LOGOUT' }],
  });
  await expectSignedOut(client, 'LOGOUT');
  await expectSignedIn(other.client);
});

test('done again is no error, and ends nothing more', async () => {
  const [{ client }] = await signIn(latchkey, 1);
  const input = { refreshToken: client.refreshToken };
  await client.data(LOGOUT, { input });
  expect((await client.data(LOGOUT, { input })).logout).toEqual({ count: 0, sessions: [] });
  expect((await latchkey.client().data(LOGOUT)).logout).toEqual({ count: 0, sessions: [] });
});

test('by a refresh token needs no access token', async () => {
  const [{ client }] = await signIn(latchkey, 1);
  const input = { refreshToken: client.refreshToken };
  expect((await latchkey.client().data(LOGOUT, { input })).logout.count).toBe(1);
  await expectSignedOut(client, 'LOGOUT');
});

test('by a refresh token is not barred by an Authorization header that is good for nothing', async () => {
  const [{ client, id }] = await signIn(latchkey, 1);
  const visitor = latchkey.client();
  visitor.accessToken = 'expired.or.worse';
  expect((await visitor.data(LOGOUT)).logout).toEqual({ count: 0, sessions: [] });
  const { logout } = await visitor.data(LOGOUT, { input: { refreshToken: client.refreshToken } });
  expect(logout.sessions).toEqual([{ id, status: 'ENDED', current: false, endReason: 'LOGOUT' }]);
  await expectSignedOut(client, 'LOGOUT');
});

test('by a refresh token that was used up ends the session, as using it would', async () => {
  const [{ client }] = await signIn(latchkey, 1);
  const input = { refreshToken: client.refreshToken };
  for (const _ of [1, 2, 3]) await client.refresh();
  expect((await latchkey.client().data(LOGOUT, { input })).logout.count).toBe(1);
  await expectSignedOut(client, 'LOGOUT');
});

test('by a refresh token that was forged ends nothing', async () => {
  const [{ client }] = await signIn(latchkey, 1);
  const token = client.refreshToken ?? '';
  const forged = token.slice(0, 40) + (token[40] === 'A' ? 'B' : 'A') + token.slice(41);
  for (const refreshToken of [forged, 'lkr_', '', client.accessToken]) {
    expect((await latchkey.client().data(LOGOUT, { input: { refreshToken } })).logout.count).toBe(0);
  }
  await expectSignedIn(client);
});

test('by the cookie ends its session and clears it', async () => {
  const browser = latchkey.client();
  await browser.data(SIGNUP, { input: { ...newAccount(), refreshTokenTransport: 'COOKIE' } });
  const token = browser.cookies.get(COOKIE);
  expect((await browser.data(LOGOUT)).logout.count).toBe(1);
  expect([...browser.cookies.keys()]).toEqual(['latchkey-device']);
  const { refreshSession } = await latchkey.client().data(REFRESH, { input: { refreshToken: token } });
  expect(refreshSession.endReason).toBe('LOGOUT');
});

test('of a session that the database has lost ends its access token, once', async () => {
  const [{ client, id }] = await signIn(latchkey, 1);
  const input = { refreshToken: client.refreshToken };
  await runSql(latchkey.databaseUrl, 'DELETE FROM sessions WHERE id = $1', [id]);
  expect((await client.data(ME)).me).not.toBeNull();
  // Without the row the refresh token proves nothing; only the access token does.
  expect((await latchkey.client().data(LOGOUT, { input })).logout.count).toBe(0);
  expect((await client.data(ME)).me).not.toBeNull();
  for (const _ of [1, 2])
    expect((await client.data(LOGOUT, { input })).logout).toEqual({ count: 0, sessions: [] });
  expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
  const sql = `SELECT count(*)::int AS count FROM events WHERE session_id = $1 AND type = 'session.terminated'`;
  expect(await runSql(latchkey.databaseUrl, sql, [id])).toEqual([{ count: 1 }]);
});

test('by an access token records nothing more where the session had ended elsewhere', async () => {
  const [{ client, id }] = await signIn(latchkey, 1);
  await runSql(
    latchkey.databaseUrl,
    "UPDATE sessions SET ended_at = now(), end_reason = 'EXPIRED' WHERE id = $1",
    [id],
  );
  expect((await client.data(LOGOUT)).logout.count).toBe(0);
  const sql = `SELECT FROM events WHERE session_id = $1 AND type IN ('session.terminated', 'user.logout')`;
  expect(await runSql(latchkey.databaseUrl, sql, [id])).toEqual([]);
});

test('clears a cookie that is good for nothing too', async () => {
  const browser = latchkey.client();
  browser.cookies.set(COOKIE, 'planted');
  expect((await browser.data(LOGOUT)).logout.count).toBe(0);
  expect(browser.cookies.size).toBe(0);
});

test('ends what the header, the body and the cookie name, each once', async () => {
  const [first, second, third, bystander] = await signIn(latchkey, 4);
  const browser = latchkey.client();
  browser.accessToken = first.client.accessToken;
  browser.cookies.set(COOKIE, third.client.refreshToken ?? '');
  const { logout } = await browser.data(LOGOUT, { input: { refreshToken: second.client.refreshToken } });
  expect(logout.count).toBe(3);
  for (const { client } of [first, second, third]) await expectSignedOut(client, 'LOGOUT');
  await expectSignedIn(bystander.client);
});
