import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';

/** Where Fastify tells of each request that reaches its handler. */
const HANDLED = 'tracing:fastify.request.handler:start';

const latchkey = useTestApp();

/** So many requests in one write; how many were answered until the connection was closed. */
async function answersTo(requests: number, path = '/livez'): Promise<number> {
  const last = `GET ${path} HTTP/1.1\r\nHost: latchkey.test\r\nConnection: close\r\n\r\n`;
  const others = `GET ${path} HTTP/1.1\r\nHost: latchkey.test\r\n\r\n`.repeat(requests - 1);
  const socket = connect(Number(new URL(latchkey.url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  let answer = '';
  socket.on('data', (data) => {
    answer += String(data);
  });
  socket.write(others + last);
  await once(socket, 'close');
  return answer.split('HTTP/1.1 200').length - 1;
}

test('ten requests at a time are answered on one connection, in turn', async () => {
  expect(await answersTo(10)).toBe(10);
});

test('a connection with more requests in flight is closed, before they are looked at', async () => {
  expect(await answersTo(11)).toBeLessThan(11);
  const lookedAt: unknown[] = [];
  const note = (request: unknown) => lookedAt.push(request);
  subscribe(HANDLED, note);
  expect(await answersTo(1_000)).toBeLessThan(11);
  unsubscribe(HANDLED, note);
  expect(lookedAt.length).toBeGreaterThan(0);
  expect(lookedAt.length).toBeLessThan(11);
});
