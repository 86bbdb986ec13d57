import { connect, type Socket } from 'node:net';
import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';

const POST = ['POST /graphql HTTP/1.1', 'Host: latchkey.test', 'Content-Type: application/json'].join('\r\n');
const UPGRADE = [
  'GET /graphql HTTP/1.1',
  'Host: latchkey.test',
  'Connection: Upgrade',
  'Upgrade: websocket',
].join('\r\n');

const latchkey = useTestApp({ timeouts: { requestMs: 1_000, requestCheckMs: 100 } });

function open(): { socket: Socket; text: () => string; closed: Promise<void> } {
  const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
  let text = '';
  socket.on('data', (data) => {
    text += String(data);
  });
  socket.on('error', () => undefined);
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return { socket, text: () => text, closed };
}

/** Sends the beginning, then a little more ten times a second, until the server closes: all that it said. */
async function trickle(begin: string, more: string): Promise<string> {
  const { socket, text, closed } = open();
  socket.write(begin);
  const timer = setInterval(() => socket.writable && socket.write(more), 100);
  await closed;
  clearInterval(timer);
  return text();
}

test('who sends a request too slowly is cut off, and others are not', async () => {
  const beside = open();
  let asked = 0;
  const ask = () => {
    asked += 1;
    beside.socket.write('GET /livez HTTP/1.1\r\nHost: latchkey.test\r\n\r\n');
  };
  const timer = setInterval(ask, 100);
  const answers = await Promise.all([
    trickle(`${POST}\r\nContent-Length: 90000\r\n\r\n{`, ' '),
    trickle(`${POST}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, '1\r\n \r\n'),
    trickle(`${POST}\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 90000\r\n\r\n{`, ' '),
    trickle(`${POST}\r\nX-Slow: `, 'x'),
    trickle(`${POST}\r\n`, 'X-More: 1\r\n'),
    trickle(`${UPGRADE}\r\nX-Slow: `, 'x'),
    trickle('', '\r\n'),
    trickle('', ''),
  ]);
  clearInterval(timer);
  for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
  // The same connection, from before the others until after them.
  ask();
  while (beside.text().split('HTTP/1.1 200 ').length <= asked) {
    await Promise.race([
      new Promise((resolve) => beside.socket.once('data', resolve)),
      beside.closed.then(() => Promise.reject(new Error('it was cut off too'))),
    ]);
  }
  beside.socket.destroy();
});
