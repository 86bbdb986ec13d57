import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { type TestApp, useTestApp, withTestApp } from '../support/app.ts';
import { type GraphQLClient, newAccount, SIGNUP } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { type HttpAnswer, request } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { runSql } from '../support/sql.ts';
import { MY_SESSION_CHANGED } from '../support/streams.ts';
import { TestSocket, upgradeStatus } from '../support/websocket.ts';

const ROUTER_SECRET = 'q8Jd2nVx7Lr4Tz9Ws3Kb6Mh1Pf5Yc0Ga';
const APP = 'https://app.example.com';
const OTHER_APP = 'https://admin.example.com';
const PATH = '/graphql/stream';

const env = {
  ROUTER_SECRET,
  CORS_ORIGIN: OTHER_APP,
  PUBLIC_STREAMS: 'true',
  PUBLIC_STREAMS_ORIGIN: APP,
};
const byRouter = { 'x-router-secret': ROUTER_SECRET };

const open: { leave?(): void; vanish?(): void }[] = [];
afterEach(() => {
  for (const stream of open.splice(0)) {
    stream.leave?.();
    stream.vanish?.();
  }
});

async function eventStream(
  { url }: TestApp,
  accessToken: string | null = null,
  headers: Record<string, string> = {},
): Promise<EventStream> {
  const stream = await EventStream.open(url, { path: PATH, accessToken, headers });
  open.push(stream);
  return stream;
}

async function webSocket({ url }: TestApp, accessToken: string | null = null): Promise<TestSocket> {
  const payload = accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
  const socket = await TestSocket.ready(url, payload, { path: PATH });
  open.push(socket);
  return socket;
}

/** Signs up as through a router. */
async function signUp(latchkey: TestApp): Promise<GraphQLClient> {
  const client = latchkey.client();
  const { data } = await client.send(SIGNUP, { input: newAccount() }, byRouter);
  client.accessToken = data.signup.accessToken;
  return client;
}

function post(
  { url }: TestApp,
  body: unknown,
  headers: Record<string, string> = {},
  path = PATH,
): Promise<HttpAnswer> {
  return request(url + path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

test('without PUBLIC_STREAMS nothing is served there', async () => {
  await withTestApp({ env: { ROUTER_SECRET } }, async (latchkey) => {
    expect((await post(latchkey, { query: MY_SESSION_CHANGED })).status).toBe(404);
    expect(await upgradeStatus(latchkey.url, { path: PATH })).toBe(404);
    expect(await upgradeStatus(latchkey.url, { path: PATH, headers: byRouter })).toBe(404);
  });
});

describe('beside a router', () => {
  const logger = new RecordingLogger();
  const latchkey = useTestApp({ env, logger });

  test('streams are opened without its secret, and end with their session', async () => {
    const client = await signUp(latchkey);
    const events = await eventStream(latchkey, client.accessToken);
    const socket = await webSocket(latchkey, client.accessToken);
    socket.subscribe('1', MY_SESSION_CHANGED);
    // It is in force once the refusal of another, which was asked for later, is there.
    socket.subscribe('2', '{ me { id } }');
    await socket.end('2');
    await client.send('mutation { logout { count } }', {}, byRouter);
    await events.end();
    await socket.end('1');
    expect(events.kinds.at(-1)).toBe('ENDED');
    const changes = socket.about('1').filter(({ type }) => type === 'next');
    expect(changes.at(-1)?.payload.data.mySessionChanged.kind).toBe('ENDED');
  });

  test('an anonymous caller is told so by the stream', async () => {
    const stream = await (await eventStream(latchkey)).end();
    expect(stream.kinds).toEqual(['CREDENTIAL_INVALID']);
  });

  test('the other path still asks for the secret, by each transport', async () => {
    const { accessToken } = await signUp(latchkey);
    const headers = { authorization: `Bearer ${accessToken}` };
    expect((await post(latchkey, { query: '{ me { id } }' }, headers, '/graphql')).status).toBe(403);
    const accept = { ...headers, accept: 'text/event-stream' };
    expect((await post(latchkey, { query: MY_SESSION_CHANGED }, accept, '/graphql')).status).toBe(403);
    expect(await upgradeStatus(latchkey.url)).toBe(403);
  });

  describe('nothing but a subscription is executed there', () => {
    let client: GraphQLClient;
    beforeAll(async () => {
      client = await signUp(latchkey);
    });

    const ME = '{ me { id email } }';
    const MUTATION = 'mutation { updateProfile(input: { name: "Changed" }) { __typename } }';
    const ENTITIES =
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on User { id username } } }';
    const variables = { r: [{ __typename: 'User', id: '0e7f2c52-39a6-4f0a-9a3c-6e1d5a1f5a01' }] };
    const BOTH = `subscription Stream { mySessionChanged { id } } query Me ${ME} mutation Change { logout { count } }`;
    /** What a client may put into the body of a request, or the payload of a message. */
    const operations: [string, object][] = [
      ['a query', { query: ME }],
      ['a query with a name', { query: `query Me ${ME}`, operationName: 'Me' }],
      ['a query beside a subscription', { query: BOTH, operationName: 'Me' }],
      ['a mutation beside a subscription', { query: BOTH, operationName: 'Change' }],
      ['one of several, unnamed', { query: BOTH }],
      ['one of several, that is not there', { query: BOTH, operationName: 'stream' }],
      ['a mutation', { query: MUTATION }],
      ['a sign-in', { query: SIGNUP, variables: { input: newAccount() } }],
      ['entities', { query: ENTITIES, variables }],
      ['entities under an alias', { query: ENTITIES.replace('_entities', 'x: _entities'), variables }],
      ['entities in a subscription', { query: ENTITIES.replace('query', 'subscription'), variables }],
      ['a field of Query in a subscription', { query: 'subscription { me { id } }' }],
      ['a field of Mutation in a subscription', { query: 'subscription { logout { count } }' }],
      ['a fragment on Query', { query: `subscription { ...F } fragment F on Query ${ME}` }],
      ['two subscriptions in one', { query: 'subscription { mySessionChanged { id } me { id } }' }],
      ['the SDL', { query: '{ _service { sdl } }' }],
      ['the schema', { query: '{ __schema { queryType { name } } }' }],
      ['the schema in a subscription', { query: 'subscription { __schema { queryType { name } } }' }],
      [
        'a hash in place of the operation',
        { extensions: { persistedQuery: { version: 1, sha256Hash: 'x' } } },
      ],
      ['nothing', {}],
    ];

    const expectNothing = async (texts: readonly string[]) => {
      for (const text of texts)
        expect(text).not.toMatch(/"(me|_entities|x|_service|__schema|signup|logout)":/);
      const changed = await runSql(latchkey.databaseUrl, "SELECT FROM users WHERE name = 'Changed'");
      expect(changed).toEqual([]);
      const { data } = await client.send(ME, {}, byRouter);
      expect(data.me).not.toBeNull();
    };

    test.each(operations)('by server-sent events: %s', async (_what, body) => {
      const headers = { authorization: `Bearer ${client.accessToken}` };
      for (const accept of ['text/event-stream', 'application/json', '*/*']) {
        const { text } = await post(latchkey, body, { ...headers, accept });
        expect(text).toMatch(/error|Missing|Invalid/i);
        await expectNothing([text]);
      }
    });

    test.each(operations)('by a WebSocket: %s', async (_what, payload) => {
      const socket = await webSocket(latchkey, client.accessToken);
      socket.send({ id: '1', type: 'subscribe', payload });
      await Promise.race([socket.end('1'), socket.closed]);
      await expectNothing(socket.messages.map((message) => JSON.stringify(message)));
    });

    test('by another method, media type or spelling of the path: nothing is served', async () => {
      const headers = { authorization: `Bearer ${client.accessToken}` };
      const query = encodeURIComponent(ME);
      const answers: HttpAnswer[] = [];
      for (const method of ['GET', 'PUT', 'PATCH', 'DELETE', 'HEAD'])
        answers.push(await request(`${latchkey.url}${PATH}?query=${query}`, { method, headers }));
      for (const type of [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x',
      ])
        answers.push(await post(latchkey, { query: ME }, { ...headers, 'content-type': type }));
      answers.push(await post(latchkey, [{ query: ME }, { query: MUTATION }], headers));
      for (const path of [
        `${PATH}/`,
        '/graphql//stream',
        '/graphql/Stream',
        '/graphql/stream/x',
        '/graphql%2Fstream',
      ])
        answers.push(await post(latchkey, { query: ME }, headers, path));
      for (const { status, text } of answers) {
        expect(status).toBeGreaterThanOrEqual(400);
        await expectNothing([text]);
      }
      for (const path of [`${PATH}/`, '/graphql//stream', '/graphql/Stream'])
        expect(await upgradeStatus(latchkey.url, { path })).toBe(404);
    });
  });

  test('a web page needs to be listed for it, and CORS_ORIGIN is not that list', async () => {
    const preflight = (origin: string, path: string) =>
      request(latchkey.url + path, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
    for (const [origin, path, allowed] of [
      [APP, PATH, true],
      [APP, '/graphql', false],
      [OTHER_APP, PATH, false],
      [OTHER_APP, '/graphql', true],
    ] as const) {
      const { headers, status } = await preflight(origin, path);
      expect([status < 300, headers.get('access-control-allow-origin')]).toEqual([
        allowed,
        allowed ? origin : null,
      ]);
    }
    const { accessToken } = await signUp(latchkey);
    for (const [origin, status] of [
      [APP, 200],
      [OTHER_APP, 403],
    ] as const) {
      const stream = await eventStream(latchkey, accessToken, { origin });
      expect(stream.status).toBe(status);
      const upgraded = await upgradeStatus(latchkey.url, { path: PATH, headers: { origin } });
      expect(upgraded).toBe(status === 200 ? 101 : 403);
    }
    const warnings = logger.lines.filter((line) => line.includes('PUBLIC_STREAMS_ORIGIN'));
    expect(warnings.map((line) => /refused a (\w+)/.exec(line)?.[1])).toEqual(['preflight', 'stream']);
  });
});

test('its clients are not taken for a router that hides its own', async () => {
  const logger = new RecordingLogger();
  await withTestApp({ env, logger }, async (latchkey) => {
    const warned = () => logger.lines.some((line) => line.includes('TRUSTED_PROXIES'));
    await (await eventStream(latchkey)).end();
    expect(warned()).toBe(false);
    await signUp(latchkey);
    expect(warned()).toBe(true);
  });
});

describe('limits', () => {
  test('are by address, over both transports, and leave the places of the router alone', async () => {
    const limited = { ...env, MAX_SOCKETS: '3', MAX_SOCKETS_PER_ADDRESS: '2', TRUSTED_PROXIES: 'loopback' };
    await withTestApp({ env: limited }, async (latchkey) => {
      const { accessToken } = await signUp(latchkey);
      const from = (address: string) => ({ 'x-forwarded-for': address });
      const kept = await eventStream(latchkey, accessToken, from('203.0.113.7'));
      expect(kept.status).toBe(200);
      open.push(await TestSocket.open(latchkey.url, { path: PATH, headers: from('203.0.113.7') }));

      const refused = await post(latchkey, { query: MY_SESSION_CHANGED }, from('203.0.113.7'));
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
      expect(refused.json.errors[0].extensions.code).toBe('RATE_LIMITED');
      expect(await upgradeStatus(latchkey.url, { path: PATH, headers: from('203.0.113.7') })).toBe(429);

      open.push(await TestSocket.open(latchkey.url, { path: PATH, headers: from('203.0.113.8') }));
      const full = await post(latchkey, { query: MY_SESSION_CHANGED }, from('203.0.113.9'));
      expect([full.status, full.json.errors[0].extensions.code]).toEqual([503, 'SERVICE_UNAVAILABLE']);
      for (let i = 0; i < 3; i += 1) open.push(await TestSocket.open(latchkey.url, { headers: byRouter }));

      // A place is free once a stream is left.
      kept.leave();
      await eventually(
        async () => (await upgradeStatus(latchkey.url, { path: PATH, headers: from('203.0.113.7') })) === 101,
      );
    });
  });

  test('count streams that are opened one after the other too', async () => {
    const limited = { ...env, RATE_LIMITS: '{"sockets.address":"3/1h"}' };
    await withTestApp({ env: limited }, async (latchkey) => {
      for (let i = 0; i < 2; i += 1) expect((await eventStream(latchkey)).status).toBe(200);
      expect(await upgradeStatus(latchkey.url, { path: PATH })).toBe(101);
      const refused = await post(latchkey, { query: MY_SESSION_CHANGED });
      expect(refused.status).toBe(429);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(10);
      expect(await upgradeStatus(latchkey.url, { path: PATH })).toBe(429);
      expect(await upgradeStatus(latchkey.url, { headers: byRouter })).toBe(101);
    });
  });
});
