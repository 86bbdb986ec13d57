import { afterAll, afterEach, describe, expect, jest, test } from '@jest/globals';
import { useTestApp, withTestApp } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { RecordingLogger } from '../support/logger.ts';
import { withoutTable } from '../support/missing-table.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { TestSocket } from '../support/websocket.ts';

const MINE = 'subscription { mySessionChanged { id kind session { id } } }';

const logger = new RecordingLogger();
const latchkey = useTestApp({ logger });
const sockets: TestSocket[] = [];

afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});
/** Whatever a client does on its socket: strangers must not be able to fill the log. */
const noise = jest.spyOn(console, 'error');
afterAll(() => expect(noise).not.toHaveBeenCalled());

async function open(options: Parameters<typeof TestSocket.open>[1] = {}): Promise<TestSocket> {
  const socket = await TestSocket.open(latchkey.url, options);
  sockets.push(socket);
  return socket;
}

async function ready(accessToken: string | null = null): Promise<TestSocket> {
  const payload = accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
  const socket = await TestSocket.ready(latchkey.url, payload);
  sockets.push(socket);
  return socket;
}

async function signedIn() {
  const [session] = await signIn(latchkey, 1);
  return session;
}

describe('a connection is closed', () => {
  const init = { type: 'connection_init' };
  const subscribe = { id: '1', type: 'subscribe', payload: { query: MINE } };

  test.each<[code: number, why: string, said: (object | string)[]]>([
    [4400, 'what is no JSON', ['{']],
    [4400, 'JSON that is no message', ['7']],
    [4400, 'a message without a type', [{ id: '1' }]],
    [4400, 'a message of an unknown type', [{ type: 'start', id: '1', payload: { query: MINE } }]],
    [4400, 'a subscription without an id', [init, { ...subscribe, id: undefined }]],
    [4400, 'a subscription without a query', [init, { ...subscribe, payload: {} }]],
    [4400, 'a query that is no text', [init, { ...subscribe, payload: { query: { kind: 'Document' } } }]],
    [
      4400,
      'variables that are no object',
      [init, { ...subscribe, payload: { query: MINE, variables: '{}' } }],
    ],
    [4401, 'a subscription before connection_init', [subscribe]],
    [4429, 'a second connection_init', [init, init]],
  ])('with %i for %s', async (code, _why, said) => {
    const socket = await open();
    for (const message of said) socket.send(message);
    expect((await socket.closed)[0]).toBe(code);
    expect(socket.messages.filter(({ type }) => type === 'next')).toEqual([]);
  });

  test('with 4409 for a second subscription of the same id', async () => {
    const { client } = await signedIn();
    const socket = await ready(client.accessToken);
    socket.subscribe('1', MINE);
    socket.subscribe('1', MINE);
    expect(await socket.closed).toEqual([4409, 'Subscriber for 1 already exists']);
  });

  test('with 4408 where nobody says connection_init', async () => {
    await withTestApp({ timeouts: { connectionInitMs: 500 } }, async ({ url }) => {
      expect((await (await TestSocket.open(url)).closed)[0]).toBe(4408);
    });
  });

  test.each([
    ['none', null],
    ['the one of subscriptions-transport-ws', 'graphql-ws'],
    ['another', 'mqtt'],
  ])('or never opened, for a subprotocol that is not ours: %s', async (_which, protocol) => {
    // A client must give up where a subprotocol is chosen that it has not offered; ours chooses none (RFC 6455 §4.2.2).
    const socket = await open({ protocol }).catch((error: Error) => error);
    if (socket instanceof Error) expect(socket.message).toMatch(/subprotocol/);
    else expect((await socket.closed)[0]).toBe(4406);
  });

  test.each(['connection_ack', 'next', 'error'])(
    'with 4400 for a message that only a server may send: %s',
    async (type) => {
      const socket = await ready();
      socket.send({ id: '1', type, payload: type === 'error' ? [{ message: 'x' }] : {} });
      expect((await socket.closed)[0]).toBe(4400);
    },
  );

  test('with 4400 for a ping whose payload is nested too deep to be sent back', async () => {
    const socket = await ready();
    socket.send(`{"type":"ping","payload":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`);
    expect((await socket.closed)[0]).toBe(4400);
    expect(logger.lines.filter((line) => line.startsWith('error'))).toEqual([]);
  });

  test('at once for a client that asks on and on, and reads no answer', async () => {
    const socket = await ready();
    socket.socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { a: 'x'.repeat(60_000) } });
    const sent = new Promise((resolve) => socket.socket.once('error', resolve).once('close', resolve));
    let over = false;
    void sent.then(() => {
      over = true;
    });
    // As far as the buffers of both ends go, and a megabyte more.
    for (let i = 0; i < 2_000 && !over; i += 1)
      await new Promise((resolve) => socket.socket.send(ping, () => resolve(null)));
    socket.socket.resume();
    expect((await socket.closed)[0]).toBe(1006);
  });

  test('not for a client that asks much at a time, and reads', async () => {
    const socket = await ready();
    const ping = JSON.stringify({ type: 'ping', payload: { a: 'x'.repeat(60_000) } });
    const pongs = () => socket.messages.filter(({ type }) => type === 'pong').length;
    for (let i = 0; i < 60; i += 1) socket.send(ping);
    await socket.message(() => pongs() === 60);
  });

  test('with 1009 for more than 64 KB, which are not read as a message', async () => {
    const socket = await ready();
    socket.subscribe('1', MINE, { padding: 'x'.repeat(64 * 1024) });
    expect((await socket.closed)[0]).toBe(1009);
    expect(socket.about('1')).toEqual([]);
    const within = await ready();
    within.subscribe('1', MINE, { padding: 'x'.repeat(60 * 1024) });
    await within.end('1');
  });

  test('never for a bad credential: its subscriptions say so and complete, and others are answered', async () => {
    const socket = await TestSocket.ready(latchkey.url, { authorization: 'Bearer nonsense' });
    sockets.push(socket);
    for (const id of ['1', '2']) {
      socket.subscribe(id, MINE);
      await socket.end(id);
      expect(socket.about(id)).toEqual([
        {
          id,
          type: 'next',
          payload: {
            data: { mySessionChanged: { id: expect.any(String), kind: 'CREDENTIAL_INVALID', session: null } },
          },
        },
        { id, type: 'complete' },
      ]);
    }
    expect(socket.socket.readyState).toBe(socket.socket.OPEN);
  });
});

describe('an open connection', () => {
  test('answers a ping with a pong and its payload', async () => {
    const socket = await open();
    socket.send({ type: 'ping', payload: { at: 7 } });
    expect(await socket.message(({ type }) => type === 'pong')).toEqual({ type: 'pong', payload: { at: 7 } });
    socket.send({ type: 'pong' });
    socket.send({ type: 'ping' });
    expect(
      await socket.message((message) => message.type === 'pong' && !('payload' in message)),
    ).toBeDefined();
  });

  test('carries several subscriptions, each with its own events, until its own complete', async () => {
    const [watching, acting] = await signIn(latchkey, 2);
    const socket = await ready(watching.client.accessToken);
    const ids = ['one', 'two'];
    for (const id of ids) socket.subscribe(id, MINE);
    // Nobody says when a subscription has begun: it has when it tells something.
    while (!ids.every((id) => socket.about(id).length > 0)) await acting.client.refresh();

    socket.send({ id: 'one', type: 'complete' });
    socket.send({ type: 'ping' });
    await socket.message(({ type }) => type === 'pong');
    const before = socket.about('one').length;
    await acting.client.data('mutation { logout { count } }');
    const ended = ({
      id,
      payload,
    }: {
      id?: string;
      payload?: { data?: { mySessionChanged: { kind: string } } };
    }) => id === 'two' && payload?.data?.mySessionChanged.kind === 'ENDED';
    await socket.message(ended);
    expect(socket.about('one').slice(before)).toEqual([]);
    // The id is free again.
    socket.subscribe('one', '{ me { id } }');
    expect((await socket.message(({ type }) => type === 'error')).id).toBe('one');
  });
});

describe('what is no subscription that we execute', () => {
  const wide = Array.from({ length: 16 }, (_, i) => `a${i}: id`).join(' ');
  const directed = Array.from({ length: 51 }, () => '... @include(if: true) { id }').join(' ');

  test.each<[what: string, query: string, variables: object, code: string]>([
    ['a query', '{ me { id } }', {}, 'BAD_USER_INPUT'],
    ['a logout', 'mutation { logout { count } }', {}, 'BAD_USER_INPUT'],
    [
      'two root fields',
      `subscription { ${MINE.slice(14, -1)} again: mySessionChanged { id } }`,
      {},
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['too many aliases', `subscription { mySessionChanged { ${wide} } }`, {}, 'BAD_USER_INPUT'],
    ['too many directives', `subscription { mySessionChanged { ${directed} } }`, {}, 'BAD_USER_INPUT'],
    [
      'too many tokens',
      `subscription { mySessionChanged { ${'id '.repeat(1_000)} } }`,
      {},
      'GRAPHQL_PARSE_FAILED',
    ],
    [
      'an id that is none',
      'subscription ($id: ID) { sessionChanged(userId: $id) { id } }',
      { id: {} },
      'BAD_USER_INPUT',
    ],
  ])(
    '%s is refused by its code, and only that: the connection stays',
    async (_what, query, variables, code) => {
      const { client } = await signedIn();
      const socket = await ready(client.accessToken);
      socket.subscribe('1', query, variables);
      const refusal = await socket.end('1');
      expect(refusal.type).toBe('error');
      expect(refusal.payload[0].extensions).toEqual({ code });
      expect(socket.socket.readyState).toBe(socket.socket.OPEN);
    },
  );

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
    const socket = await ready();
    for (const password of [PASSWORD, 'not the right password']) {
      socket.subscribe(password, LOGIN, { input: { identifier: account.email, password } });
      const { type, payload } = await socket.end(password);
      expect([type, payload[0].extensions.code]).toEqual(['error', 'BAD_USER_INPUT']);
    }
    expect(await traces()).toEqual(before);
    expect(logger.lines.join('\n')).not.toContain(PASSWORD);
  });
});

describe('an unexpected error', () => {
  const nothing = { message: 'Internal error', extensions: { code: 'INTERNAL_SERVER_ERROR' } };

  test('at subscribe, and in an event, says nothing: the log has it', async () => {
    const [watching, acting] = await signIn(latchkey, 2);
    const socket = await ready(watching.client.accessToken);
    const owner = 'subscription { mySessionChanged { kind session { user { username } } } }';
    socket.subscribe('live', owner);
    while (socket.about('live').length === 0) await acting.client.refresh();
    await withoutTable(latchkey.databaseUrl, 'sessions', async () => {
      socket.subscribe('late', MINE);
      await socket.end('late');
    });
    const { payload } = await withoutTable(latchkey.databaseUrl, 'users', async () => {
      await acting.client.data('mutation { logout { count } }');
      return socket.message(({ payload }) => payload?.data?.mySessionChanged?.kind === 'ENDED');
    });
    expect(payload.data.mySessionChanged.session).toBeNull();
    const late = socket.about('late')[0]?.payload;
    expect(late.data ?? null).toBeNull();
    for (const { errors } of [late, payload]) expect(errors).toMatchObject([nothing]);
    expect(JSON.stringify(socket.messages)).not.toMatch(/relation|does not exist|SELECT|\.ts:|node_modules/);
    for (const table of ['sessions', 'users'])
      expect(logger.lines.join('\n')).toContain(`relation "${table}" does not exist`);
  });
});
