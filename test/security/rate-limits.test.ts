import { randomUUID } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { defaultRateLimits, type LimitName } from '../../src/core/rate-limits.ts';
import { useTestApp, withTestApp } from '../support/app.ts';
import {
  type Answer,
  type GraphQLClient,
  LOGIN,
  newAccount,
  PASSWORD,
  REFRESH,
  SIGNUP,
} from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { post } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { CANCEL_CHANGE, CONFIRM_CHANGE, REQUEST_RESET, RESET, VERIFY } from '../support/messages.ts';
import { makeToken } from '../support/personal-access-tokens.ts';
import { ISSUE, makeClient } from '../support/service-clients.ts';
import { runSql } from '../support/sql.ts';
import { TestSocket } from '../support/websocket.ts';

const LIMIT = 3;
const RATE_LIMITS = JSON.stringify(
  Object.fromEntries(Object.keys(defaultRateLimits).map((name) => [name, `${LIMIT}/1h`])),
);
const WRONG = 'not the right one';
const REAUTHENTICATE = `mutation ($password: String!) { reauthenticate(input: { password: $password }) { __typename
  ... on AuthRateLimitedError { retryAfterSeconds } } }`;
const CREATE = `mutation { createPersonalAccessToken(input: { name: "ci", scopes: ["profile:read"] }) { __typename } }`;
const LEAKED = `mutation { revokeLeakedToken(input: { token: "lkp_none" }) { __typename
  ... on AuthRateLimitedError { retryAfterSeconds } } }`;
const ENTITIES = `{ _entities(representations: [{ __typename: "User", id: "00000000-0000-4000-8000-000000000000" }]) { __typename } }`;

const logger = new RecordingLogger();
const latchkey = useTestApp({
  logger,
  env: { RATE_LIMITS, TRUSTED_PROXIES: 'loopback', LOCKOUT_FAILURES: '100' },
});

let addresses = 0;
/** An address that nothing has come from yet. */
function newAddress() {
  addresses += 1;
  return { 'x-forwarded-for': `203.0.113.${addresses}` };
}

async function signedUp(): Promise<GraphQLClient & { email: string }> {
  const account = newAccount();
  const client = latchkey.client();
  const answer = await client.send(SIGNUP, { input: account }, newAddress());
  const { accessToken, refreshToken } = answer.data.signup;
  return Object.assign(client, { accessToken, refreshToken, email: account.email });
}

/** One use of a limit, again and again. */
type Use = () => Promise<Answer>;

const uses: Readonly<Record<Exclude<LimitName, 'sockets.address'>, () => Promise<Use>>> = {
  'login.address': async () => {
    const headers = newAddress();
    return () =>
      latchkey.client().send(LOGIN, { input: { identifier: newAccount().email, password: WRONG } }, headers);
  },
  'login.identifier': async () => {
    const input = { identifier: newAccount().email, password: WRONG };
    return () => latchkey.client().send(LOGIN, { input }, newAddress());
  },
  'signup.address': async () => {
    const headers = newAddress();
    return () => latchkey.client().send(SIGNUP, { input: newAccount() }, headers);
  },
  'signup.identifier': async () => {
    const { email } = newAccount();
    return () => latchkey.client().send(SIGNUP, { input: { email, password: PASSWORD } }, newAddress());
  },
  'password.user': async () => {
    const client = await signedUp();
    return () => client.send(REAUTHENTICATE, { password: WRONG }, newAddress());
  },
  'refresh.address': async () => {
    const headers = newAddress();
    return () => latchkey.client().send(REFRESH, { input: { refreshToken: 'lkr_none' } }, headers);
  },
  'tokens.user': async () => {
    const client = await signedUp();
    return () => client.send(CREATE, {}, newAddress());
  },
  'requests.token': async () => {
    const owner = await signedUp();
    const { token } = await makeToken(owner, 'profile:read');
    const script = Object.assign(latchkey.client(), { accessToken: token });
    return () => script.send('{ me { id } }', {}, newAddress());
  },
  'clients.address': async () => {
    const headers = newAddress();
    return () =>
      latchkey.client().send(ISSUE, { input: { clientId: randomUUID(), clientSecret: 'x' } }, headers);
  },
  'tokens.client': async () => {
    const { id: clientId, secret: clientSecret } = await makeClient(latchkey);
    return () => latchkey.client().send(ISSUE, { input: { clientId, clientSecret } }, newAddress());
  },
  'leaks.address': async () => {
    const headers = newAddress();
    return () => latchkey.client().send(LEAKED, {}, headers);
  },
  'mail.address': async () => {
    const headers = newAddress();
    return () => latchkey.client().send(REQUEST_RESET, { email: newAccount().email }, headers);
  },
  'redeem.address': async () => {
    const headers = newAddress();
    const documents = [VERIFY, RESET, CONFIRM_CHANGE, CANCEL_CHANGE];
    const variables = { token: `lko_${'a'.repeat(43)}`, password: PASSWORD };
    let turn = 0;
    return () => latchkey.client().send(documents[turn++ % 4] ?? '', variables, headers);
  },
  'entities.address': async () => {
    const headers = newAddress();
    return () => latchkey.client().send(ENTITIES, {}, headers);
  },
};

const isLimited = ({ data, errors }: Answer) =>
  errors.some(({ extensions }) => extensions['code'] === 'RATE_LIMITED') ||
  Object.values(data ?? {}).some(
    (value) => (value as { __typename?: string } | null)?.__typename === 'AuthRateLimitedError',
  );

describe.each(Object.entries(uses))('the limit %s', (_name, prepare) => {
  test('admits its number of uses, and says when to try again', async () => {
    const use = await prepare();
    for (let i = 0; i < LIMIT; i += 1) expect(isLimited(await use())).toBe(false);
    const refused = await use();
    expect(isLimited(refused)).toBe(true);
    expect(refused.status).toBe(200);
    const retryAfter = Number(refused.headers.get('retry-after'));
    expect(retryAfter).toBeGreaterThan(3_590);
    expect(retryAfter).toBeLessThanOrEqual(3_970);
    const [error] = refused.errors;
    const told =
      error?.extensions['retryAfterSeconds'] ??
      (Object.values(refused.data)[0] as { retryAfterSeconds?: number }).retryAfterSeconds;
    expect(told).toBe(retryAfter);
    expect((await prepare().then((other) => other())).headers.get('retry-after')).toBeNull();
  });
});

test('sockets are counted by address when they are opened', async () => {
  const { 'x-forwarded-for': address } = newAddress();
  const headers = { 'x-forwarded-for': address };
  for (let i = 0; i < LIMIT; i += 1) (await TestSocket.open(latchkey.url, { headers })).close();
  await expect(TestSocket.open(latchkey.url, { headers })).rejects.toThrow('429');
  (await TestSocket.open(latchkey.url, { headers: newAddress() })).close();
});

test('a refusal is in the log and the audit log once per subject and window', async () => {
  const input = { identifier: newAccount().email, password: WRONG };
  for (let i = 0; i < LIMIT + 5; i += 1) await latchkey.client().send(LOGIN, { input }, newAddress());
  const lines = () => logger.lines.filter((line) => line.includes('login.identifier'));
  const subject = lines()
    .at(-1)
    ?.match(/"subject":"([\w-]{22})"/)?.[1];
  const rows = () =>
    runSql(
      latchkey.databaseUrl,
      `SELECT data->>'limit' AS limit, data->>'count' AS count FROM events
       WHERE type = 'rate_limit.exceeded' AND data->>'subject' = $1`,
      [subject],
    );
  expect(lines().filter((line) => line.includes(String(subject)))).toHaveLength(1);
  await eventually(async () => (await rows()).length > 0);
  expect(await rows()).toEqual([{ limit: 'login.identifier', count: '1' }]);
  expect(logger.lines.join()).not.toContain(input.identifier);
});

describe('a thousand guesses in one request', () => {
  const guess = (i: number, password = WRONG) =>
    `g${i}: login(input: { identifier: "guessed@example.com", password: "${password}" }) { __typename }`;
  const all = (count: number) =>
    Array.from({ length: count }, (_, i) => guess(i, i === 7 ? PASSWORD : WRONG)).join(' ');

  test.each([
    ['by aliases', JSON.stringify({ query: `mutation { ${all(1_000)} }` })],
    ['by fourteen aliases', JSON.stringify({ query: `mutation { ${all(14)} }` })],
    [
      'hidden in fragments',
      JSON.stringify({
        query: `mutation { ...A ...B } fragment A on Mutation { ${all(7)} } fragment B on Mutation { ...C } fragment C on Mutation { ${all(12)} }`,
      }),
    ],
    [
      'in a batch',
      JSON.stringify(
        Array.from({ length: 50 }, (_, i) => ({
          query: `mutation { ${guess(i, i === 7 ? PASSWORD : WRONG)} }`,
        })),
      ),
    ],
  ])('%s is refused before it is executed', async (_way, body) => {
    await latchkey
      .client()
      .send(SIGNUP, { input: { email: 'guessed@example.com', password: PASSWORD } }, newAddress());
    const before = await failures();
    const { json, text } = await post(latchkey.url, body, newAddress());
    expect(json.data ?? null).toBeNull();
    expect(text).not.toContain('Authentication');
    expect(await failures()).toEqual(before);
  });

  test('is refused over WebSocket and by server-sent events', async () => {
    const before = await failures();
    const query = `mutation { ${guess(0, PASSWORD)} }`;
    const socket = await TestSocket.ready(latchkey.url, {});
    socket.send({ type: 'subscribe', id: '1', payload: { query } });
    expect(JSON.stringify(await socket.message(({ id }) => id === '1'))).toContain('Only subscriptions');
    const stream = await EventStream.open(latchkey.url, { query });
    await stream.until(() => stream.ended);
    expect(stream.text).toContain('Only subscriptions');
    expect(await failures()).toEqual(before);
  });

  const failures = () =>
    runSql(
      latchkey.databaseUrl,
      `SELECT count(*) FROM events WHERE type IN ('user.login', 'user.login_failed')`,
    );
});

describe('the address that is counted', () => {
  const SPOOFED = [
    'x-forwarded-for',
    'forwarded',
    'x-real-ip',
    'true-client-ip',
    'cf-connecting-ip',
    'x-client-ip',
  ];

  test('is the peer’s where the peer is no trusted proxy, whatever the headers say', async () => {
    await withTestApp({ env: { RATE_LIMITS } }, async (exposed) => {
      const outcomes: boolean[] = [];
      for (const [i, header] of SPOOFED.entries()) {
        const value = header === 'forwarded' ? `for=198.51.100.${i}` : `198.51.100.${i}`;
        const input = { identifier: newAccount().email, password: WRONG };
        outcomes.push(isLimited(await exposed.client().send(LOGIN, { input }, { [header]: value })));
      }
      expect(outcomes).toEqual(SPOOFED.map((_, i) => i >= LIMIT));
    });
  });

  test('is one address in every spelling, and one /64 network', async () => {
    const login = async (address: string) =>
      isLimited(
        await latchkey
          .client()
          .send(
            LOGIN,
            { input: { identifier: newAccount().email, password: WRONG } },
            { 'x-forwarded-for': address },
          ),
      );
    const spellings = [
      '198.51.100.77',
      '::ffff:198.51.100.77',
      '[::ffff:c633:644d]:4321',
      '198.51.100.77:80',
    ];
    const network = [
      '2001:db8:1:2::1',
      '2001:0DB8:0001:0002:ffff::9',
      '[2001:db8:1:2:3:4:5:6]:80',
      '2001:db8:1:2:a::',
    ];
    for (const same of [spellings, network]) {
      const outcomes: boolean[] = [];
      for (const address of same) outcomes.push(await login(`6.6.6.6, ${address}`));
      expect(outcomes).toEqual([false, false, false, true]);
    }
    expect(await login('2001:db8:1:3::1')).toBe(false);
  });
});
