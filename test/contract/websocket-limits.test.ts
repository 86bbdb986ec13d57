import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { useTestApp, withTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { post } from '../support/http.ts';
import { signInAdministrator } from '../support/signed-in.ts';
import { TestSocket, upgradeStatus } from '../support/websocket.ts';

const MINE = 'subscription { mySessionChanged { id kind } }';
const ANYONES = 'subscription { sessionChanged { id kind } }';

const sockets: TestSocket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.vanish();
});

async function open(url: string, headers: Record<string, string> = {}): Promise<TestSocket> {
  const socket = await TestSocket.open(url, { headers });
  sockets.push(socket);
  return socket;
}

async function ready(url: string, accessToken: string | null = null): Promise<TestSocket> {
  const payload = accessToken === null ? {} : { authorization: `Bearer ${accessToken}` };
  const socket = await TestSocket.ready(url, payload);
  sockets.push(socket);
  return socket;
}

describe('open WebSockets are bounded', () => {
  test('for each client address, behind trusted proxies', async () => {
    await withTestApp(
      { env: { MAX_SOCKETS_PER_ADDRESS: '3', TRUSTED_PROXIES: 'loopback' } },
      async (latchkey) => {
        const [mine, another] = ['203.0.113.7', '203.0.113.8'].map((address) => ({
          'x-forwarded-for': address,
        }));
        for (let i = 0; i < 3; i += 1) await open(latchkey.url, mine);
        expect(await upgradeStatus(latchkey.url, { headers: mine ?? {} })).toBe(429);
        expect(await upgradeStatus(latchkey.url, { headers: another ?? {} })).toBe(101);
      },
    );
  });

  test('for a router by their number in all alone', async () => {
    const secret = 'q8Jd2nVx7Lr4Tz9Ws3Kb6Mh1Pf5Yc0Ga';
    const headers = { 'x-router-secret': secret };
    await withTestApp(
      { env: { MAX_SOCKETS_PER_ADDRESS: '1', MAX_SOCKETS: '3', ROUTER_SECRET: secret } },
      async (latchkey) => {
        for (let i = 0; i < 3; i += 1) await open(latchkey.url, headers);
        expect(await upgradeStatus(latchkey.url, { headers })).toBe(503);
        // What is refused for another reason takes no place.
        expect(await upgradeStatus(latchkey.url)).toBe(403);
        sockets[0]?.vanish();
        await eventually(async () => (await upgradeStatus(latchkey.url, { headers })) === 101);
      },
    );
  });

  describe('and a place is free again', () => {
    const latchkey = useTestApp({ env: { MAX_SOCKETS_PER_ADDRESS: '2' } });

    test.each<[how: string, use: () => Promise<unknown>]>([
      ['is closed', async () => (await open(latchkey.url)).close()],
      ['vanishes', async () => (await open(latchkey.url)).vanish()],
      [
        'is closed by us',
        async () => {
          const socket = await open(latchkey.url);
          socket.send('nonsense');
          await socket.closed;
        },
      ],
      ['asks for a WebSocket wrongly', () => raw(['Sec-WebSocket-Version: 7'])],
      ['is reset after its request', () => raw([...HANDSHAKE], true)],
    ])('once, when one %s', async (_how, use) => {
      for (let i = 0; i < 4; i += 1) {
        await use();
        await eventually(async () => (await upgradeStatus(latchkey.url)) === 101);
      }
      // Not twice: both places can be taken, and no third.
      const taken: TestSocket[] = [];
      await eventually(async () => {
        const socket = await TestSocket.open(latchkey.url).catch(() => null);
        if (socket !== null) taken.push(socket);
        return taken.length === 2;
      });
      expect(await upgradeStatus(latchkey.url)).toBe(429);
      for (const socket of taken) socket.vanish();
    });

    test('and the refusal says when to try again', async () => {
      await eventually(async () => {
        await open(latchkey.url).catch(() => undefined);
        return sockets.length >= 2;
      });
      expect(await raw(HANDSHAKE)).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\nRetry-After: \d+\r\n/);
    });

    const HANDSHAKE = [
      'Sec-WebSocket-Version: 13',
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      'Sec-WebSocket-Protocol: graphql-transport-ws',
    ];

    async function raw(lines: readonly string[], reset = false): Promise<string> {
      const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
      const head = ['GET /graphql HTTP/1.1', 'Host: latchkey.test', 'Connection: Upgrade'];
      let answer = '';
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        answer += String(data);
      });
      const closed = new Promise((resolve) => socket.once('close', resolve));
      await new Promise<void>((resolve) => {
        socket.write([...head, 'Upgrade: websocket', ...lines, '\r\n'].join('\r\n'), () => resolve());
      });
      if (reset) socket.resetAndDestroy();
      await closed;
      return answer;
    }
  });
});

describe('on one socket', () => {
  const latchkey = useTestApp({ timeouts: { firstSubscribeMs: 2_000 } });

  test('the first subscription must come in time, or a client may connect again', async () => {
    const idle = await ready(latchkey.url);
    const busy = await ready(latchkey.url);
    busy.subscribe('1', '{ nothing }');
    expect(await idle.closed).toEqual([4408, 'Subscribe timeout']);
    expect(busy.socket.readyState).toBe(busy.socket.OPEN);
  });

  test('hundreds of subscriptions at once are all answered, and so are others meanwhile', async () => {
    const socket = await ready(latchkey.url);
    const ids = Array.from({ length: 600 }, (_, i) => String(i));
    for (const id of ids) socket.subscribe(id, id === '7' ? '{ nothing }' : MINE);
    const { status } = await post(latchkey.url, JSON.stringify({ query: '{ __typename }' }));
    expect(status).toBe(200);
    // The last of six hundred has to wait for its turn.
    expect(socket.about('599')).toEqual([]);
    await Promise.all(ids.map((id) => socket.end(id)));
    expect(socket.about('7').map(({ type }) => type)).toEqual(['error']);
    // All is as before.
    socket.subscribe('again', MINE);
    await socket.end('again');
  });

  test('what is completed while it waits, or left, is not opened and gives its turn to the next', async () => {
    const admin = await signInAdministrator(latchkey);
    const { accessToken } = admin;
    const leaving = await ready(latchkey.url, accessToken);
    for (let i = 0; i < 200; i += 1) leaving.subscribe(String(i), ANYONES);
    leaving.vanish();
    const socket = await ready(latchkey.url, accessToken);
    // More than a user may have open, if they were opened.
    for (let i = 0; i < 200; i += 1) {
      socket.subscribe(`gone${i}`, ANYONES);
      socket.send({ type: 'complete', id: `gone${i}` });
    }
    socket.subscribe('last', '{ nothing }');
    expect((await socket.end('last')).type).toBe('error');
    expect(socket.messages.filter(({ id }) => id?.startsWith('gone'))).toEqual([]);
    // None of them holds one of the user's streams.
    await eventually(async () => {
      const probe = await ready(latchkey.url, accessToken);
      for (let i = 0; i < 20; i += 1) probe.subscribe(String(i), ANYONES);
      probe.subscribe('end', '{ nothing }');
      await probe.end('end');
      probe.vanish();
      return probe.messages.filter(({ type }) => type === 'next').length === 0;
    });
  });

  test('an id that is used again before its subscription was opened closes it', async () => {
    const socket = await ready(latchkey.url);
    for (let i = 0; i < 30; i += 1) socket.subscribe(String(i), MINE);
    socket.send({ type: 'complete', id: '29' });
    socket.subscribe('29', MINE);
    expect((await socket.closed)[0]).toBe(4409);
  });
});

test('a client that stops answering pings is let go, one that answers is not', async () => {
  const options = { env: { MAX_SOCKETS_PER_ADDRESS: '2' }, timeouts: { pingMs: 1_000 } };
  await withTestApp(options, async (latchkey) => {
    const [silent, answering] = [await ready(latchkey.url), await ready(latchkey.url)];
    for (const socket of [silent, answering]) {
      socket.subscribe('1', '{ nothing }');
      await socket.end('1');
    }
    silent.socket.pause();
    await eventually(async () => (await upgradeStatus(latchkey.url)) === 101, 60);
    expect(answering.socket.readyState).toBe(answering.socket.OPEN);
  });
});
