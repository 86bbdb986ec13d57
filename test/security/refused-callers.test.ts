import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/app.ts';
import { ME } from '../support/client.ts';
import { type HttpAnswer, post, request } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { upgradeStatus } from '../support/websocket.ts';

const ROUTER_SECRET = 'q8Jd2nVx7Lr4Tz9Ws3Kb6Mh1Pf5Yc0Ga';
const CORS_ORIGIN = 'https://app.example.com';

let logger: RecordingLogger;
let latchkey: TestApp;
beforeEach(async () => {
  logger = new RecordingLogger();
  latchkey = await startTestApp({ env: { ROUTER_SECRET, CORS_ORIGIN, TRUSTED_PROXIES: 'loopback' }, logger });
});
afterEach(() => latchkey?.stop());

const warnings = () => logger.lines.filter((line) => /^(warn|error) /.test(line));

function preflight(origin: string): Promise<HttpAnswer> {
  const headers = { origin, 'access-control-request-method': 'POST' };
  return request(`${latchkey.url}/graphql`, { method: 'OPTIONS', headers });
}

test('a hundred preflights of origins that are not allowed are one line, which names CORS_ORIGIN', async () => {
  for (let i = 0; i < 100; i += 1) await preflight(`https://${i}.example`);
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]).toContain('CORS_ORIGIN');
  expect(warnings()[0]).toContain('{"origin":"https://0.example","count":1}');
});

test('what a stranger writes as its origin is cut in the log, and no terminal obeys it', async () => {
  await preflight(`https://\u009b2J\u00ff.example/${'x'.repeat(10_000)}`);
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]).toMatch(/^[\x20-\x7e]{1,300}$/);
  expect(warnings()[0]).toContain('"origin":"https://?2J?.example/xxx');
});

test('WebSockets of web pages that are not allowed are one line, which names CORS_ORIGIN', async () => {
  const headers = { origin: 'https://elsewhere.example', 'x-router-secret': ROUTER_SECRET };
  for (let i = 0; i < 5; i += 1) expect(await upgradeStatus(latchkey.url, { headers })).toBe(403);
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]).toMatch(/stream.*CORS_ORIGIN.*"origin":"https:\/\/elsewhere\.example"/);
});

test('while ROUTER_SECRET is rotated, the old and the new one are accepted, and nothing else', async () => {
  const next = 'w3Zk9Qb5Xe1Hn7Ut4Jr8Dm2Ls6Vg0Ayo';
  await latchkey.restart({ ROUTER_SECRET: `${ROUTER_SECRET},${next}` });
  const me = JSON.stringify({ query: ME });
  const statusesWith = (secret: string) =>
    Promise.all([
      post(latchkey.url, me, { 'x-router-secret': secret }).then(({ status }) => status),
      upgradeStatus(latchkey.url, { headers: { 'x-router-secret': secret } }),
    ]);
  for (const secret of [ROUTER_SECRET, next]) expect(await statusesWith(secret)).toEqual([200, 101]);
  for (const wrong of [`${ROUTER_SECRET},${next}`, `${ROUTER_SECRET}, `, ROUTER_SECRET.slice(1), ''])
    expect(await statusesWith(wrong)).toEqual([403, 403]);
  await latchkey.restart({ ROUTER_SECRET: next });
  expect(await statusesWith(ROUTER_SECRET)).toEqual([403, 403]);
});

test.each([
  ['no router secret', 'missing', {}],
  ['another router secret', 'wrong', { 'x-router-secret': `${ROUTER_SECRET}typo` }],
] as const)(
  'callers with %s are one line, which names ROUTER_SECRET and no secret',
  async (_what, header, headers) => {
    for (let i = 0; i < 5; i += 1) {
      expect((await post(latchkey.url, '{}', headers)).status).toBe(403);
      expect(await upgradeStatus(latchkey.url, { headers })).toBe(403);
    }
    expect(warnings()).toHaveLength(1);
    expect(warnings()[0]).toContain('ROUTER_SECRET');
    expect(warnings()[0]).toContain(`"header":"${header}"`);
    expect(warnings()[0]).not.toContain(ROUTER_SECRET);
  },
);

test('callers that are let in are not logged', async () => {
  const headers = {
    origin: CORS_ORIGIN,
    'x-router-secret': ROUTER_SECRET,
    'x-forwarded-for': '203.0.113.7',
  };
  expect((await preflight(CORS_ORIGIN)).status).toBe(204);
  expect((await post(latchkey.url, '{"query":"{ __typename }"}', headers)).status).toBe(200);
  expect(await upgradeStatus(latchkey.url, { headers })).toBe(101);
  expect(warnings()).toEqual([]);
});

test('a router that hides its clients is one line, which names TRUSTED_PROXIES', async () => {
  const headers = { 'x-router-secret': ROUTER_SECRET };
  for (let i = 0; i < 5; i += 1) await post(latchkey.url, '{"query":"{ __typename }"}', headers);
  expect(warnings()).toHaveLength(1);
  expect(warnings()[0]).toMatch(/TRUSTED_PROXIES.*"address":"127\.0\.0\.1"/);
});
