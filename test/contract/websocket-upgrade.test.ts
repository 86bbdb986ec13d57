import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { PRODUCTION } from '../support/production.ts';
import { handshake, TestSocket, upgradeStatus } from '../support/websocket.ts';

const ORIGIN = 'https://app.example.com';

describe('an upgrade', () => {
  const latchkey = useTestApp({ env: { CORS_ORIGIN: `${ORIGIN},http://localhost:3000` } });

  test.each([
    ['no Origin: it is no browser', {}, 101],
    ['an Origin of CORS_ORIGIN', { origin: ORIGIN }, 101],
    ['the other one', { origin: 'http://localhost:3000' }, 101],
    ['another', { origin: 'https://evil.example' }, 403],
    ['one that begins with ours', { origin: `${ORIGIN}.evil.example` }, 403],
    ['ours by another scheme', { origin: 'http://app.example.com' }, 403],
    ['ours on another port', { origin: `${ORIGIN}:8443` }, 403],
    ['that of a file or a sandbox', { origin: 'null' }, 403],
    ['our own address: no page is served from there', { origin: 'http://localhost:4001' }, 403],
    ['an empty one', { origin: '' }, 403],
  ])('with %s is answered rightly', async (_what, headers: Record<string, string>, status) => {
    expect(await upgradeStatus(latchkey.url, { headers })).toBe(status);
  });

  test.each(['/', '/graphql/', '/subscriptions', '//graphql', '/GRAPHQL', '//', '/%67raphql', 'http://['])(
    'of another path is none, and answered as any request: %s',
    async (path) => {
      expect(await rawUpgrade(path)).toMatch(/^HTTP\/1\.1 40[04] /);
    },
  );

  test('with a query string beside the path is granted', async () => {
    expect(await upgradeStatus(latchkey.url, { path: '/graphql?x=1' })).toBe(101);
  });

  test('that is refused to a client who resets the connection harms nobody', async () => {
    for (const path of ['/elsewhere', '//']) {
      const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(handshake(path));
      await once(socket, 'connect');
      socket.resetAndDestroy();
      await once(socket, 'close');
    }
    expect(await upgradeStatus(latchkey.url)).toBe(101);
  });

  async function rawUpgrade(path: string): Promise<string> {
    const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
    socket.write(handshake(path));
    let answer = '';
    for await (const chunk of socket) {
      answer += String(chunk);
      if (answer.includes('\r\n\r\n')) break;
    }
    return answer;
  }
});

describe('in production', () => {
  const secret = 'q8Jd2nVx7Lr4Tz9Ws3Kb6Mh1Pf5Yc0Ga';
  const sockets: TestSocket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });
  const production = useTestApp({
    env: {
      ...PRODUCTION,
      ROUTER_SECRET: secret,
    },
  });

  test.each([
    ['no secret', {}, 403],
    ['an empty one', { 'x-router-secret': '' }, 403],
    ['a part of it', { 'x-router-secret': secret.slice(0, -1) }, 403],
    ['it twice', { 'x-router-secret': `${secret}, ${secret}` }, 403],
    ['it elsewhere', { authorization: `Bearer ${secret}` }, 403],
    ['it', { 'x-router-secret': secret }, 101],
  ])('an upgrade with %s is answered rightly', async (_what, headers: Record<string, string>, status) => {
    expect(await upgradeStatus(production.url, { headers })).toBe(status);
  });

  test.each([
    ['{ __schema { types { name } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['query { __type(name: "User") { name } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { __schema { types { name } } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription { mySessionChange { id } }', 'GRAPHQL_VALIDATION_FAILED'],
    ['{ _service { sdl } }', 'BAD_USER_INPUT'],
  ])('the schema is not told: %s', async (query, code) => {
    const socket = await TestSocket.ready(production.url, {}, { headers: { 'x-router-secret': secret } });
    sockets.push(socket);
    socket.subscribe('1', query);
    const { type, payload } = await socket.end('1');
    expect([type, payload[0].extensions.code]).toEqual(['error', code]);
    expect(JSON.stringify(payload)).not.toContain('Did you mean');
  });
});
