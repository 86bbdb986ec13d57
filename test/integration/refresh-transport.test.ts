import { describe, expect, test } from '@jest/globals';
import { useTestApp, withTestApp } from '../support/app.ts';
import {
  type Answer,
  type GraphQLClient,
  LOGIN,
  newAccount,
  PASSWORD,
  REAUTHENTICATE,
  REFRESH,
  SIGNUP,
} from '../support/client.ts';

const COOKIE = 'latchkey-refresh';
const DEVICE = 'latchkey-device';

const latchkey = useTestApp();

describe('the refresh cookie', () => {
  test('carries the token out of reach of scripts and of other sites, until the session ends', async () => {
    const answer = await signupByCookie(latchkey.client());
    const [cookie, device, ...others] = answer.headers.getSetCookie();
    expect(parseCookie(device)).toMatchObject({ name: DEVICE, value: expect.stringMatching(/^lkd_/) });
    expect(others).toEqual([]);
    const { name, value, expires, attributes } = parseCookie(cookie);
    expect(name).toBe(COOKIE);
    expect(value).toMatch(/^lkr_/);
    expect(attributes).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
    expect(expires - Date.now()).toBeGreaterThan(29.9 * 24 * 3600 * 1000);
    expect(expires - Date.now()).toBeLessThanOrEqual(30 * 24 * 3600 * 1000);
    expect(answer.data.signup).toMatchObject({ __typename: 'Authentication', refreshToken: null });
  });

  test('is one that no subdomain can plant, where the site has https', async () => {
    await withTestApp({ env: { PUBLIC_URL: 'https://auth.example.com' } }, async (secure) => {
      const answer = await signupByCookie(secure.client());
      const { name, attributes } = parseCookie(answer.headers.getSetCookie()[0]);
      expect(name).toBe('__Host-latchkey-refresh');
      expect(attributes).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict', 'Secure']);
    });
  });

  test('is set by a login that asks for it, and by no other', async () => {
    const account = newAccount();
    await latchkey.client().signup(account);
    const login = (transport: object) =>
      latchkey
        .client()
        .send(LOGIN, { input: { identifier: account.email, password: PASSWORD, ...transport } });
    const [asked, unasked] = [await login({ refreshTokenTransport: 'COOKIE' }), await login({})];
    expect(asked.data.login.refreshToken).toBeNull();
    expect(asked.headers.getSetCookie().map((cookie) => parseCookie(cookie).name)).toEqual([COOKIE, DEVICE]);
    expect(unasked.data.login.refreshToken).toMatch(/^lkr_/);
    expect(unasked.headers.getSetCookie()).toEqual([]);
  });

  test('refreshes, and is answered in the cookie alone', async () => {
    const browser = await signedInBrowser();
    const before = browser.cookies.get(COOKIE);
    const { data } = await browser.send(REFRESH);
    expect(data.refreshSession).toMatchObject({ __typename: 'Authentication', refreshToken: null });
    expect(browser.cookies.get(COOKIE)).toMatch(/^lkr_/);
    expect(browser.cookies.get(COOKIE)).not.toBe(before);
    expect((await browser.data(REFRESH)).refreshSession.__typename).toBe('Authentication');
  });

  test('is kept by a new sign-in in its place', async () => {
    const browser = await signedInBrowser();
    const before = browser.cookies.get(COOKIE);
    const { reauthenticate } = await browser.data(REAUTHENTICATE, { password: PASSWORD });
    expect(reauthenticate.refreshToken).toBeNull();
    expect(browser.cookies.get(COOKIE)).not.toBe(before);
    expect((await browser.data(REFRESH)).refreshSession.__typename).toBe('Authentication');
  });

  test('is cleared when its session has ended, and when it is no token at all', async () => {
    const ended = await signedInBrowser();
    const token = ended.cookies.get(COOKIE);
    await latchkey.client().data('mutation ($input: LogoutInput) { logout(input: $input) { count } }', {
      input: { refreshToken: token },
    });
    expect((await ended.data(REFRESH)).refreshSession.code).toBe('SESSION_ENDED');
    expect([...ended.cookies.keys()]).toEqual([DEVICE]);

    const planted = latchkey.client();
    planted.cookies.set(COOKIE, 'planted');
    const answer = await planted.send(REFRESH);
    expect(answer.data.refreshSession.code).toBe('INVALID_TOKEN');
    const { value, expires, attributes } = parseCookie(answer.headers.getSetCookie()[0]);
    expect([value, expires]).toEqual(['', 0]);
    expect(attributes).toEqual(['HttpOnly', 'Path=/', 'SameSite=Strict']);
  });

  test('is left alone by a token in the body, accepted or refused', async () => {
    const browser = await signedInBrowser();
    const before = browser.cookies.get(COOKIE);
    const { refreshToken } = await latchkey.client().signup();
    const accepted = await browser.send(REFRESH, { input: { refreshToken } });
    const refused = await browser.send(REFRESH, { input: { refreshToken: 'nonsense' } });
    expect(accepted.data.refreshSession.refreshToken).toMatch(/^lkr_/);
    expect(refused.data.refreshSession.code).toBe('INVALID_TOKEN');
    expect([...accepted.headers.getSetCookie(), ...refused.headers.getSetCookie()]).toEqual([]);
    expect(browser.cookies.get(COOKIE)).toBe(before);
  });

  test('is left alone when it was overtaken: the newer one may have arrived already', async () => {
    const browser = await signedInBrowser();
    const overtaken = browser.cookies.get(COOKIE) ?? '';
    await browser.data(REFRESH);
    await browser.data(REFRESH);
    const late = latchkey.client();
    late.cookies.set(COOKIE, overtaken);
    const answer = await late.send(REFRESH);
    expect(answer.data.refreshSession.code).toBe('INVALID_TOKEN');
    expect(answer.headers.getSetCookie()).toEqual([]);
  });

  test('is not needed: without it, and without a token, a first visit is told apart', async () => {
    const answer = await latchkey.client().send(REFRESH);
    expect(answer.data.refreshSession.code).toBe('MISSING_TOKEN');
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});

describe('an answer that bears tokens', () => {
  test('is stored in no cache', async () => {
    const account = newAccount();
    const visitor = latchkey.client();
    const signup = await visitor.send(SIGNUP, { input: account });
    visitor.accessToken = signup.data.signup.accessToken;
    const answers: Answer[] = [
      signup,
      await visitor.send(LOGIN, { input: { identifier: account.email, password: PASSWORD } }),
      await visitor.send(REFRESH, { input: { refreshToken: signup.data.signup.refreshToken } }),
      await visitor.send(REAUTHENTICATE, { password: PASSWORD }),
    ];
    for (const { data, headers } of answers) {
      expect(Object.values(data)).toMatchObject([{ __typename: 'Authentication' }]);
      expect(headers.get('cache-control')).toBe('no-store');
    }
  });
});

function signupByCookie(visitor: GraphQLClient): Promise<Answer> {
  return visitor.send(SIGNUP, { input: { ...newAccount(), refreshTokenTransport: 'COOKIE' } });
}

/** A client of a new account that keeps its refresh token in the cookie, and nowhere else. */
async function signedInBrowser(): Promise<GraphQLClient> {
  const browser = latchkey.client();
  const { data } = await signupByCookie(browser);
  browser.accessToken = data.signup.accessToken;
  return browser;
}

function parseCookie(setCookie = '') {
  const [pair = '', ...rest] = setCookie.split('; ');
  const separator = pair.indexOf('=');
  const expires = rest.find((attribute) => attribute.startsWith('Expires='))?.slice('Expires='.length) ?? '';
  return {
    name: pair.slice(0, separator),
    value: pair.slice(separator + 1),
    /** In milliseconds. */
    expires: new Date(expires).getTime(),
    attributes: rest.filter((attribute) => !attribute.startsWith('Expires=')).sort(),
  };
}
