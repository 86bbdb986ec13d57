import { connect } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { upgradeStatus } from '../support/websocket.ts';

const BODY = JSON.stringify({ query: '{ authPolicy { passwordMinLength } }' });
const ANSWER = '{"data":{"authPolicy":{"passwordMinLength":15}}}';
const JSON_TYPE = 'Content-Type: application/json';

/** As Java's HttpClient sends it by default. */
const H2C = ['Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AAEAAEAAAAIAAAAB'];
const WEBSOCKET = [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Protocol: graphql-transport-ws',
];

const latchkey = useTestApp();

function request(line: string, headers: readonly string[] = [], body = ''): string {
  return [`${line} HTTP/1.1`, 'Host: latchkey.test', ...headers, '', body].join('\r\n');
}

function withLength(line: string, headers: readonly string[], body: string): string {
  return request(line, [...headers, JSON_TYPE, `Content-Length: ${body.length}`], body);
}

function chunked(line: string, headers: readonly string[], body: string): string {
  const half = body.length >> 1;
  const chunks = [body.slice(0, half), body.slice(half), '']
    .map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`)
    .join('');
  return request(line, [...headers, JSON_TYPE, 'Transfer-Encoding: chunked'], chunks);
}

/** Sends each part once everything before it is answered, on one connection; all that came back, status by status. */
async function answersTo(...parts: (string | { text: string; answers: number })[]) {
  const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
  let text = '';
  let expected = 0;
  const statuses = () => [...text.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status));
  let look = () => {};
  socket.on('data', (data) => {
    text += String(data);
    look();
  });
  const closed = new Promise<never>((_resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => reject(new Error(`closed after ${JSON.stringify(text)}`)));
  });
  try {
    for (const part of parts) {
      const { text: sent, answers } = typeof part === 'string' ? { text: part, answers: 1 } : part;
      expected += answers;
      await new Promise((resolve) => socket.write(sent, resolve));
      const answered = new Promise<void>((resolve) => {
        look = () => {
          // The last body may come after its head.
          if (statuses().length >= expected && /(^|[}\n])$/.test(text)) resolve();
        };
        look();
      });
      await Promise.race([answered, closed]);
    }
    return { statuses: statuses(), text };
  } finally {
    closed.catch(() => undefined);
    socket.destroy();
  }
}

describe('an Upgrade that we do not speak is ignored, and the connection is kept (RFC 9110 §7.8)', () => {
  test.each<[what: string, headers: readonly string[]]>([
    ['h2c', H2C],
    ['TLS', ['Connection: Upgrade', 'Upgrade: TLS/1.2, HTTP/1.1']],
    ['a list', ['Connection: Upgrade', 'Upgrade: h2c, foo']],
    ['WebSocket among others', ['Connection: Upgrade', 'Upgrade: h2c, websocket']],
    ['WebSocket, but by POST or on another path', WEBSOCKET],
    ['an empty one', ['Connection: Upgrade', 'Upgrade:']],
  ])('%s', async (_what, headers) => {
    const { statuses, text } = await answersTo(
      withLength('POST /graphql', headers, BODY),
      request('GET /livez', headers),
      chunked('POST /graphql', headers, BODY),
      request('GET /nothing', headers),
      withLength('POST /graphql', [], BODY),
    );
    expect(statuses).toEqual([200, 200, 200, 404, 200]);
    expect(text.split(ANSWER)).toHaveLength(4);
  });

  test('with a body that comes in pieces', async () => {
    const whole = withLength('POST /graphql', H2C, BODY);
    const cut = whole.length - 20;
    const { statuses, text } = await answersTo(
      { text: whole.slice(0, 30), answers: 0 },
      { text: whole.slice(30, cut), answers: 0 },
      whole.slice(cut),
      request('GET /livez'),
    );
    expect(statuses).toEqual([200, 200]);
    expect(text).toContain(ANSWER);
  });

  test('and each request that is pipelined behind it is answered, in order', async () => {
    const pipelined = [
      withLength('POST /graphql', H2C, BODY),
      request('GET /nothing', H2C),
      request('GET /livez'),
      chunked('POST /graphql', H2C, BODY),
      chunked('POST /graphql', [], BODY),
      request('GET /nothing', H2C),
      request('GET /livez', H2C),
    ];
    const { statuses } = await answersTo({ text: pipelined.join(''), answers: pipelined.length });
    expect(statuses).toEqual([200, 404, 200, 200, 200, 404, 200]);
  });

  test('but a WebSocket behind it is opened, and what is no HTTP is refused', async () => {
    const upgrade = request('GET /graphql', WEBSOCKET);
    expect((await answersTo(request('GET /livez', H2C), upgrade)).statuses).toEqual([200, 101]);
    for (const nonsense of ['nonsense\r\n\r\n', 'GETX / HTTP/1.1\r\n\r\n', '\0\0']) {
      const ask = request('GET /livez', H2C);
      // The first may be answered already when the second is read.
      expect([200, 400]).toContain((await answersTo(ask + nonsense)).statuses[0]);
      expect((await answersTo(ask, nonsense)).statuses).toEqual([200, 400]);
    }
    const broken = request(
      'POST /graphql',
      [...H2C, JSON_TYPE, 'Transfer-Encoding: chunked'],
      '1\r\n{\r\nZZ\r\n',
    );
    expect((await answersTo(broken)).statuses).toEqual([400]);
    expect(await upgradeStatus(latchkey.url)).toBe(101);
  });

  test.each([
    ['with a body', withLength('GET /graphql', WEBSOCKET, BODY)],
    ['by HTTP/1.0', request('GET /graphql', WEBSOCKET).replace('HTTP/1.1', 'HTTP/1.0')],
  ])('as is a WebSocket %s', async (_what, sent) => {
    expect((await answersTo(sent)).statuses).toEqual([400]);
  });
});
