import { describe, expect, test } from '@jest/globals';
import { type TestApp, useTestApp, withTestApp } from '../support/app.ts';
import { newAccount, REFRESH, SIGNUP } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { get, post, postRaw, request } from '../support/http.ts';
import { PRODUCTION } from '../support/production.ts';
import { runSql } from '../support/sql.ts';
import { upgradeStatus } from '../support/websocket.ts';

const POLICY = JSON.stringify({ query: '{ authPolicy { passwordMinLength } }' });
const ANSWERED = { data: { authPolicy: { passwordMinLength: 15 } } };

describe('with ROUTER_SECRET', () => {
  const secret = 'q8Jd2nVx7Lr4Tz9Ws3Kb6Mh1Pf5Yc0Ga';
  const latchkey = useTestApp({ env: { ROUTER_SECRET: secret } });

  test.each([
    ['no secret', {}],
    ['an empty one', { 'x-router-secret': '' }],
    ['another', { 'x-router-secret': 'x'.repeat(secret.length) }],
    ['a part of it', { 'x-router-secret': secret.slice(0, -1) }],
    ['more than it', { 'x-router-secret': `${secret}x` }],
    ['its letters in another case', { 'x-router-secret': secret.toLowerCase() }],
    ['it twice in one header', { 'x-router-secret': `${secret}, ${secret}` }],
    ['it in another header', { authorization: `Bearer ${secret}` }],
  ])('/graphql is FORBIDDEN to whoever brings %s', async (_what, headers: Record<string, string>) => {
    for (const answer of [
      await post(latchkey.url, POLICY, headers),
      await post(latchkey.url, '{"query": "{ _service { sdl } }"}', headers),
      await post(latchkey.url, 'no JSON', { ...headers, 'content-type': 'text/plain' }),
      await get(latchkey.url, { query: '{ _service { sdl } }' }, headers),
    ]) {
      expect(answer.status).toBe(403);
      expect(answer.json).toEqual({
        errors: [{ message: 'Only the router may call this.', extensions: { code: 'FORBIDDEN' } }],
      });
      expect(answer.headers.get('cache-control')).toBe('no-store');
    }
  });

  test('/graphql is FORBIDDEN to whoever brings it twice, and to other methods', async () => {
    const line = `X-Router-Secret: ${secret}`;
    const twice = await postRaw(
      latchkey.url,
      ['Content-Type: application/json', line, line],
      JSON.parse(POLICY),
    );
    expect(twice.status).toBe(403);
    expect((await request(`${latchkey.url}/graphql?query={__typename}`, { method: 'HEAD' })).status).toBe(
      403,
    );
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect((await request(`${latchkey.url}/graphql`, { method })).status).toBe(404);
    }
    for (const path of ['/graphql/', '//graphql', '/GRAPHQL', '/%67raphql', '/graphql;x', '/./graphql']) {
      const { status, json } = await request(`${latchkey.url}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: POLICY,
      });
      expect([path, [403, 404].includes(status), json.data]).toEqual([path, true, undefined]);
    }
  });

  test('/graphql answers the router', async () => {
    expect((await post(latchkey.url, POLICY, { 'x-router-secret': secret })).json).toEqual(ANSWERED);
    expect((await get(latchkey.url, JSON.parse(POLICY), { 'x-router-secret': secret })).json).toEqual(
      ANSWERED,
    );
  });

  test.each(['/livez', '/readyz', '/health', '/.well-known/jwks.json'])(
    '%s answers everyone',
    async (path) => {
      expect((await request(`${latchkey.url}${path}`)).status).toBe(200);
    },
  );
});

describe('to pages of other origins', () => {
  const origin = 'https://app.example.com';
  const latchkey = useTestApp({ env: { CORS_ORIGIN: `${origin},http://localhost:3000` } });

  const preflight = (from: string) =>
    request(`${latchkey.url}/graphql`, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,content-type',
      },
    });

  test('that are configured, answers may be read, with credentials', async () => {
    for (const from of [origin, 'http://localhost:3000']) {
      const { status, headers } = await preflight(from);
      expect(status).toBe(204);
      expect(headers.get('access-control-allow-origin')).toBe(from);
      expect(headers.get('access-control-allow-credentials')).toBe('true');
      expect(headers.get('access-control-allow-methods')).toBe('GET, POST');
      expect(headers.get('vary')).toMatch(/Origin/i);
      expect(
        (await post(latchkey.url, POLICY, { origin: from })).headers.get('access-control-allow-origin'),
      ).toBe(from);
    }
  });

  test.each([
    'https://app.example.com.evil.example',
    'https://evil-app.example.com',
    'https://sub.app.example.com',
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://APP.example.com',
    'https://app.example.com/',
    'null',
    '*',
    'https://evil.example, https://app.example.com',
  ])('such as %s no answer may be read, and a preflight is refused', async (from) => {
    const refused = await preflight(from);
    expect(refused.status).toBe(403);
    expect(refused.json).toEqual({
      errors: [{ message: 'This origin is not allowed.', extensions: { code: 'FORBIDDEN' } }],
    });
    expect(refused.headers.get('vary')).toMatch(/Origin/i);
    for (const { headers } of [refused, await post(latchkey.url, POLICY, { origin: from })]) {
      expect([...headers.keys()].filter((name) => name.startsWith('access-control-'))).toEqual([]);
    }
  });

  test('an OPTIONS request that is no preflight is answered as any other', async () => {
    for (const headers of [{}, { origin: 'https://elsewhere.example' }]) {
      const { status, json } = await request(`${latchkey.url}/graphql`, { method: 'OPTIONS', headers });
      expect([status, json.errors[0].extensions.code]).toEqual([404, 'NOT_FOUND']);
    }
  });
});

describe('to pages on this machine, where CORS_ORIGIN is not given,', () => {
  const local = [
    'http://localhost:5173',
    'https://localhost',
    'http://127.0.0.1:3000',
    'https://127.0.0.1:8443',
    'http://[::1]:8080',
  ];
  const others = [
    'https://app.example.com',
    'http://localhost.example.com',
    'http://localhost:5173.example.com',
    'http://localhost@example.com',
    'http://sub.localhost:5173',
    'http://127.0.0.1.example.com',
    'http://127.0.0.2',
    'http://192.168.0.10:5173',
    'http://[::2]',
    'http://LOCALHOST:5173',
    'http://localhost:5173/',
    'ftp://localhost',
    'localhost',
    'null',
  ];
  const allowedTo = ({ headers }: { headers: Headers }) => [
    headers.get('access-control-allow-origin'),
    headers.get('access-control-allow-credentials'),
  ];

  async function expectAnswers(
    env: Record<string, string>,
    allowed: readonly string[],
    refused: readonly string[],
  ) {
    await withTestApp({ env }, async (latchkey) => {
      const preflight = (origin: string) =>
        request(`${latchkey.url}/graphql`, {
          method: 'OPTIONS',
          headers: { origin, 'access-control-request-method': 'POST' },
        });
      for (const origin of allowed) {
        const stream = await EventStream.open(latchkey.url, { headers: { origin } });
        for (const answer of [
          await preflight(origin),
          await post(latchkey.url, POLICY, { origin }),
          stream,
        ]) {
          expect(allowedTo(answer)).toEqual([origin, 'true']);
        }
        stream.leave();
        expect(await upgradeStatus(latchkey.url, { headers: { origin } })).toBe(101);
      }
      for (const origin of refused) {
        for (const answer of [await preflight(origin), await post(latchkey.url, POLICY, { origin })]) {
          expect([origin, ...allowedTo(answer)]).toEqual([origin, null, null]);
        }
        expect([origin, await upgradeStatus(latchkey.url, { headers: { origin } })]).toEqual([origin, 403]);
      }
    });
  }

  test('answers may be read in development, with credentials', () =>
    expectAnswers({ NODE_ENV: 'development', BCRYPT_COST: '10' }, local, others));

  test('no answer may be read in production', () =>
    expectAnswers(
      {
        ...PRODUCTION,
        ALLOW_DIRECT_ACCESS: 'true',
      },
      [],
      [...local, ...others],
    ));

  test('no answer may be read where CORS_ORIGIN is given, in development neither', () =>
    expectAnswers({ CORS_ORIGIN: 'https://app.example.com' }, ['https://app.example.com'], local));
});

describe('every answer', () => {
  const latchkey = useTestApp({ env: { PUBLIC_URL: 'https://auth.example.com' } });

  test('bears the security headers', async () => {
    const paths = ['/graphql', '/health', '/.well-known/jwks.json', '/nothing'];
    for (const { headers } of await Promise.all(paths.map((path) => request(`${latchkey.url}${path}`)))) {
      expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('strict-transport-security')).toMatch(/max-age=\d{8}/);
      expect(headers.get('x-frame-options')).not.toBeNull();
      expect(headers.has('x-powered-by')).toBe(false);
    }
  });

  test('of /graphql is kept by no cache, whether it succeeds or fails', async () => {
    for (const answer of [
      await post(latchkey.url, POLICY),
      await post(latchkey.url, JSON.stringify({ query: SIGNUP, variables: { input: newAccount() } })),
      await post(latchkey.url, JSON.stringify({ query: '{ me { id } }' }), { authorization: 'Bearer x' }),
      await post(latchkey.url, JSON.stringify({ query: '{ nothing }' })),
      await post(latchkey.url, '{'),
      await post(latchkey.url, POLICY, { 'content-type': 'text/plain' }),
      await post(latchkey.url, 'x'.repeat(200_000)),
      await get(latchkey.url, JSON.parse(POLICY)),
      await get(latchkey.url, JSON.parse(POLICY), { 'apollo-require-preflight': '' }),
    ]) {
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([answer.status, 'no-store']);
    }
  });

  test('that puts tokens into cookies keeps them from scripts, other sites and plain HTTP', async () => {
    const signup = {
      query: SIGNUP,
      variables: { input: { ...newAccount(), refreshTokenTransport: 'COOKIE' } },
    };
    const { headers, text } = await post(latchkey.url, JSON.stringify(signup));
    const [cookie = '', device = '', ...more] = headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(
      /^__Host-latchkey-refresh=lkr_[\w-]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(device).toMatch(
      /^__Host-latchkey-device=lkd_[\w.-]+; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(text).not.toMatch(/lk[rd]_/);
    const [token = ''] = cookie.split(';');
    const refreshed = await post(latchkey.url, JSON.stringify({ query: REFRESH }), { cookie: token });
    expect(refreshed.json.data.refreshSession.__typename).toBe('Authentication');
    expect(refreshed.text).not.toContain('lkr_');
  });
});

test('the published keys are public, may be cached, and each tells its use', async () => {
  await withTestApp({}, async (latchkey) => {
    const { json, headers } = await request(`${latchkey.url}/.well-known/jwks.json`);
    expect(headers.get('cache-control')).toBe('public, max-age=300');
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(Object.keys(json)).toEqual(['keys']);
    expect(json.keys).toHaveLength(1);
    expect(Object.keys(json.keys[0]).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    expect(json.keys[0]).toMatchObject({ kty: 'EC', crv: 'P-256', alg: 'ES256', use: 'sig' });
  });
});

describe("a client's address", () => {
  const SIGN_UP = SIGNUP.replace('session { id }', 'session { id ipAddress }');
  const addressOf = async ({ url }: TestApp, headers: Record<string, string>) => {
    const answer = await post(
      url,
      JSON.stringify({ query: SIGN_UP, variables: { input: newAccount() } }),
      headers,
    );
    expect(answer.json.errors).toBeUndefined();
    return answer.json.data.signup.session.ipAddress;
  };

  describe('behind trusted proxies', () => {
    const latchkey = useTestApp({ env: { TRUSTED_PROXIES: '127.0.0.1,10.0.0.0/8' } });

    test.each([
      ['203.0.113.9', '203.0.113.9'],
      ['198.51.100.1, 203.0.113.9', '203.0.113.9'],
      ['198.51.100.1, 203.0.113.9, 10.1.2.3', '203.0.113.9'],
      ['127.0.0.1, 203.0.113.9', '203.0.113.9'],
      ['junk, 203.0.113.9', '203.0.113.9'],
      ['10.9.9.9, 10.1.2.3', '10.9.9.9'],
      ['::ffff:203.0.113.9', '203.0.113.9'],
      ['::FFFF:cb00:7109', '203.0.113.9'],
      ['2001:DB8:0:0:0::1', '2001:db8::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['203.0.113.9:4711', '203.0.113.9'],
      ['198.51.100.1, "[2001:DB8::1]:80", 10.1.2.3:9', '2001:db8::1'],
    ])('is the right-most hop that is none of them, in one spelling: %s', async (forwarded, address) => {
      expect(await addressOf(latchkey, { 'x-forwarded-for': forwarded })).toBe(address);
    });

    test.each([
      ['unknown', '127.0.0.1'],
      ['203.0.113.9, junk', '127.0.0.1'],
      ['203.0.113.9, junk, 10.1.2.3', '10.1.2.3'],
      ["1.2.3.4'; --", '127.0.0.1'],
    ])('is that of the last hop known where what they pass on is none: %s', async (forwarded, address) => {
      expect(await addressOf(latchkey, { 'x-forwarded-for': forwarded })).toBe(address);
    });

    test('is their own where they name none, whatever other headers say', async () => {
      const others = {
        forwarded: 'for=203.0.113.9',
        'x-real-ip': '203.0.113.9',
        'cf-connecting-ip': '203.0.113.9',
      };
      expect(await addressOf(latchkey, others)).toBe('127.0.0.1');
    });
  });

  test('is the peer’s where no proxy is trusted, whatever the headers say', async () => {
    await withTestApp({}, async (latchkey) => {
      for (const name of ['x-forwarded-for', 'forwarded', 'x-real-ip', 'x-client-ip', 'true-client-ip']) {
        expect(await addressOf(latchkey, { [name]: '203.0.113.9' })).toBe('127.0.0.1');
      }
      const [row] = await runSql(
        latchkey.databaseUrl,
        'SELECT count(*)::int AS n FROM events WHERE host(ip_address) <> $1',
        ['127.0.0.1'],
      );
      expect(row).toEqual({ n: 0 });
    });
  });

  test('is the peer’s where the peer is no trusted proxy', async () => {
    await withTestApp({ env: { TRUSTED_PROXIES: '10.0.0.0/8' } }, async (latchkey) => {
      expect(await addressOf(latchkey, { 'x-forwarded-for': '203.0.113.9' })).toBe('127.0.0.1');
      expect(await addressOf(latchkey, { 'x-forwarded-for': '203.0.113.9, 10.0.0.1' })).toBe('127.0.0.1');
    });
  });
});
