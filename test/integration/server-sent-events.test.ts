import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { EventStream } from '../support/event-stream.ts';
import { eventually } from '../support/eventually.ts';
import { request } from '../support/http.ts';
import { RecordingLogger } from '../support/logger.ts';
import { withoutTable } from '../support/missing-table.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { MY_SESSION_CHANGED } from '../support/streams.ts';

const logger = new RecordingLogger();
/** How far the clock of this instance is behind: tokens that it dates then expire the earlier. */
let behindMs = 0;
const latchkey = useTestApp({
  logger,
  clock: { now: () => new Date(Date.now() - behindMs) },
  env: { JWT_ACCESS_EXPIRY: '30s', MAX_SESSIONS_PER_USER: '100' },
});
const streams: EventStream[] = [];

afterEach(() => {
  behindMs = 0;
  for (const stream of streams.splice(0)) stream.leave();
});

async function open(options: Parameters<typeof EventStream.open>[1] = {}): Promise<EventStream> {
  const stream = await EventStream.open(latchkey.url, options);
  streams.push(stream);
  return stream;
}

describe('a subscription by server-sent events', () => {
  test.each<[how: string, options: { method: 'GET' | 'POST'; accept: string }]>([
    ['POST', { method: 'POST', accept: 'text/event-stream' }],
    ['GET, as Hive Gateway does', { method: 'GET', accept: 'text/event-stream' }],
    ['POST, with other media types beside', { method: 'POST', accept: 'text/event-stream, multipart/mixed' }],
    [
      'GET, with JSON in case of need',
      { method: 'GET', accept: 'text/event-stream;q=1, application/json;q=0.5' },
    ],
  ])('by %s tells each change as an event', async (_how, options) => {
    const [watching, acting] = await signIn(latchkey, 2);
    const stream = await open({ ...options, accessToken: watching.client.accessToken });
    expect(stream.status).toBe(200);
    await acting.client.refresh();
    await acting.client.data('mutation { logout { count } }');
    await stream.until(({ kinds }) => kinds.includes('ENDED'));
    // A comment opens the stream, and one every twelve seconds keeps it open.
    expect(stream.text).toMatch(/^:\n\n(event: next\ndata: \{[^\n]+\}\n\n(:\n\n)*)+$/);
    // While the relay catches up after the start, the sign-ins are told only now.
    const told = stream.events.filter((_event, i) => stream.kinds[i] !== 'CREATED');
    expect(told.map(({ data }) => data)).toMatchObject([
      { data: { mySessionChanged: { kind: 'REFRESHED', session: { id: acting.id } } } },
      { data: { mySessionChanged: { kind: 'ENDED', session: { id: acting.id, endReason: 'LOGOUT' } } } },
    ]);
    expect(stream.ended).toBe(false);
  });

  test('is answered with headers by which nobody keeps, frames or sniffs it', async () => {
    const { headers } = await open();
    const ordinary = await latchkey.client().send('{ __typename }');
    expect(headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    for (const name of [
      'content-security-policy',
      'x-content-type-options',
      'x-frame-options',
      'referrer-policy',
      'strict-transport-security',
    ]) {
      expect([name, headers.get(name)]).toEqual([name, ordinary.headers.get(name)]);
      expect(headers.get(name)).not.toBeNull();
    }
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test.each([
    ['none', null],
    ['a bad one', 'x.y.z'],
  ])('with %s for a credential says so and completes', async (_what, accessToken) => {
    const stream = await (await open({ accessToken })).end();
    expect(stream.kinds).toEqual(['CREDENTIAL_INVALID']);
    expect(stream.events.map(({ event }) => event)).toEqual(['next', 'complete']);
  });

  test('tells the end of the session that watches, and completes', async () => {
    const [watching, acting] = await signIn(latchkey, 2);
    const stream = await open({ accessToken: watching.client.accessToken });
    await acting.client.data('mutation ($id: ID!) { terminateSession(id: $id) { __typename } }', {
      id: watching.id,
    });
    await stream.end();
    expect(stream.kinds).toEqual(['ENDED']);
    expect(stream.events.at(-1)).toEqual({ event: 'complete', data: null });
    expect(stream.events[0]?.data.data.mySessionChanged.session).toMatchObject({ id: watching.id });
  });

  test('tells when its credential expires, and completes', async () => {
    behindMs = 27_000;
    const [watching, acting] = await signIn(latchkey, 2);
    behindMs = 0;
    const stream = await open({ accessToken: watching.client.accessToken });
    await acting.client.refresh();
    await stream.end();
    expect(stream.kinds).toEqual(['REFRESHED', 'CREDENTIAL_EXPIRED']);
    expect(stream.events.at(-1)?.event).toBe('complete');
    // The session goes on: a new token opens a new stream.
    await watching.client.refresh();
    const next = await open({ accessToken: watching.client.accessToken });
    await acting.client.refresh();
    await next.until(({ kinds }) => kinds.includes('REFRESHED'));
  });
});

describe('a client who leaves', () => {
  const LIMIT = 20;

  test('frees its stream, and so does one who leaves before it is open', async () => {
    const [{ client }] = await signIn(latchkey, 1);
    const { accessToken } = client;
    const fill = () => Promise.all(Array.from({ length: LIMIT }, () => open({ accessToken })));
    const all = await fill();
    const refused = await (await open({ accessToken })).end();
    expect(refused.events[0]?.data.errors[0].extensions.code).toBe('RATE_LIMITED');
    for (const stream of all) stream.leave();
    for (let i = 0; i < LIMIT; i += 1) await leaveAtOnce(accessToken);
    await eventually(async () => {
      const again = await fill();
      for (const stream of again) stream.leave();
      return again.every(({ events }) => events.length === 0);
    });
  });

  async function leaveAtOnce(accessToken: string | null): Promise<void> {
    const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
    const body = JSON.stringify({ query: MY_SESSION_CHANGED });
    const lines = [
      'POST /graphql HTTP/1.1',
      'Host: latchkey.test',
      'Accept: text/event-stream',
      'Content-Type: application/json',
      `Authorization: Bearer ${accessToken}`,
      `Content-Length: ${body.length}`,
    ];
    socket.on('error', () => undefined);
    await new Promise<void>((resolve) => {
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`, () => resolve());
    });
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
});

describe('what is no subscription', () => {
  const refusalOf = async (options: Parameters<typeof open>[0]) => {
    const stream = await (await open(options)).end();
    expect(stream.events.map(({ event }) => event)).toEqual(['next', 'complete']);
    expect(stream.events[0]?.data.data ?? null).toBeNull();
    return stream.events[0]?.data.errors[0];
  };

  test.each<[what: string, method: 'GET' | 'POST', query: string, code: string]>([
    ['a query', 'POST', '{ me { id } }', 'BAD_USER_INPUT'],
    ['a query', 'GET', '{ me { id } }', 'BAD_USER_INPUT'],
    ['a logout', 'POST', 'mutation { logout { count } }', 'BAD_USER_INPUT'],
    ['a logout', 'GET', 'mutation { logout { count } }', 'BAD_USER_INPUT'],
    ['something unknown', 'POST', 'subscription { nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['something malformed', 'GET', 'subscription {', 'GRAPHQL_PARSE_FAILED'],
    [
      'something too large',
      'POST',
      `subscription { mySessionChanged { ${'id '.repeat(1_000)} } }`,
      'GRAPHQL_PARSE_FAILED',
    ],
    [
      'an id that is none',
      'POST',
      'subscription { sessionChanged(userId: "all") { id } }',
      'UNAUTHENTICATED|BAD_USER_INPUT',
    ],
  ])('%s, by %s, is refused by an event with its code', async (_what, method, query, code) => {
    const [{ client }] = await signIn(latchkey, 1);
    const { extensions } = await refusalOf({ method, query, accessToken: client.accessToken });
    expect(extensions.code).toMatch(new RegExp(`^(${code})$`));
    expect((await client.refresh()).__typename).toBe('Authentication');
  });

  test('a login is refused and leaves no trace, be the password right or wrong', async () => {
    const account = newAccount();
    await latchkey.client().signup(account);
    const traces = () =>
      runSql(
        latchkey.databaseUrl,
        `SELECT (SELECT count(*) FROM sessions) AS sessions,
                (SELECT count(*) FROM events WHERE type LIKE 'user.log%') AS attempts`,
      );
    const before = await traces();
    for (const method of ['GET', 'POST'] as const) {
      for (const password of [PASSWORD, 'not the right password']) {
        const variables = { input: { identifier: account.email, password } };
        expect((await refusalOf({ method, query: LOGIN, variables })).extensions.code).toBe('BAD_USER_INPUT');
      }
    }
    expect(await traces()).toEqual(before);
  });

  test('and does not insist on events is answered as ever: some clients name them with each request', async () => {
    const accept =
      'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed';
    const [{ client }] = await signIn(latchkey, 1);
    const { data } = await client.send('{ me { id } }', {}, { accept });
    expect(data.me.id).toEqual(expect.any(String));
  });

  test.each(['PUT', 'DELETE'])(
    '%s opens and ends nothing: there is no single-connection mode',
    async (method) => {
      for (const headers of [{ accept: 'text/event-stream' }, { 'x-graphql-event-stream-token': 'token' }]) {
        const { status, text } = await request(`${latchkey.url}/graphql?operationId=1`, { method, headers });
        expect(status).toBe(404);
        expect(text).not.toMatch(/token/);
      }
    },
  );

  test('a token of that mode changes nothing', async () => {
    const stream = await open({ headers: { 'x-graphql-event-stream-token': 'token' } });
    expect((await stream.end()).kinds).toEqual(['CREDENTIAL_INVALID']);
  });

  test.each<[what: string, init: RequestInit, status: number]>([
    ['no JSON', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }, 400],
    ['no query', { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } }, 400],
    ['no query in the address', { method: 'GET' }, 400],
    ['another media type', { method: 'POST', body: 'query', headers: { 'content-type': 'text/plain' } }, 415],
  ])('%s is answered as a bad request', async (_what, init, status) => {
    const answer = await request(`${latchkey.url}/graphql`, {
      ...init,
      headers: { ...init.headers, accept: 'text/event-stream' },
    });
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/stack|node_modules|\.ts:/);
  });
});

test('an unexpected error says nothing, at subscribe or in an event: the log has it', async () => {
  const [watching, acting] = await signIn(latchkey, 2);
  const { accessToken } = watching.client;
  const query = 'subscription { mySessionChanged { kind session { user { username } } } }';
  const live = await open({ accessToken, query });
  const late = await withoutTable(latchkey.databaseUrl, 'sessions', async () =>
    (await open({ accessToken })).end(),
  );
  await withoutTable(latchkey.databaseUrl, 'users', async () => {
    await acting.client.data('mutation { logout { count } }');
    await live.until(({ kinds }) => kinds.includes('ENDED'));
  });
  for (const { events } of [live, late]) {
    expect(events[0]?.data.errors).toMatchObject([
      { message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } },
    ]);
  }
  expect(live.text + late.text).not.toMatch(/users|does not exist|SELECT|\.ts:|node_modules/);
  for (const table of ['sessions', 'users'])
    expect(logger.lines.join('\n')).toContain(`relation "${table}" does not exist`);
});
