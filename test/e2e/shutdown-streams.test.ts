import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { MAIN } from '../support/built.ts';
import { GraphQLClient } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { EventStream } from '../support/event-stream.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../support/latchkey-process.ts';
import { newSecrets } from '../support/secrets.ts';
import { MY_SESSION_CHANGED } from '../support/streams.ts';
import { TestSocket } from '../support/websocket.ts';

// Real processes: a second or two each, more on a busy machine.

const secrets = newSecrets();

let database: Awaited<ReturnType<typeof createTestDatabase>>;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database?.drop());

async function withProcess(work: (latchkey: LatchkeyProcess, url: string) => Promise<void>): Promise<void> {
  const latchkey = new LatchkeyProcess(MAIN, {
    ...PROCESS_SETTINGS,
    DATABASE_URL: database.url,
    MIGRATE_ON_START: 'false',
    PUBLIC_URL: 'http://localhost:4001',
    ...secrets,
  });
  try {
    await work(latchkey, await latchkey.serving());
  } finally {
    await latchkey.kill();
  }
}

/** A subscription over WebSocket that is in force: it has told something. */
async function liveSocket(url: string, client: GraphQLClient): Promise<TestSocket> {
  const socket = await TestSocket.ready(url, { authorization: `Bearer ${client.accessToken}` });
  socket.subscribe('1', MY_SESSION_CHANGED);
  while (socket.about('1').length === 0) await client.refresh();
  return socket;
}

describe('SIGTERM with streams open', () => {
  test('closes WebSockets with 1001, ends event streams, and the process exits with 0', async () => {
    await withProcess(async (latchkey, url) => {
      const client = new GraphQLClient(url);
      await client.signup({ email: 'streams@example.com', username: 'streams' });
      const sockets = [
        await liveSocket(url, client),
        await liveSocket(url, client),
        await TestSocket.open(url),
      ];
      const streams = [
        await EventStream.open(url, { accessToken: client.accessToken }),
        await EventStream.open(url, { accessToken: client.accessToken, method: 'GET' }),
      ];

      latchkey.child.kill('SIGTERM');
      for (const socket of sockets) expect(await socket.closed).toEqual([1001, 'Going away']);
      for (const stream of streams) {
        await stream.end();
        expect(stream.events.map(({ event }) => event)).toEqual(['complete']);
      }
      expect(await latchkey.exit).toBe(0);
      expect(latchkey.output).not.toMatch(/"level":"(warn|error|fatal)"/);
    });
  });

  test('does not wait for clients who do not answer, and exits with 0 all the same', async () => {
    await withProcess(async (latchkey, url) => {
      const client = new GraphQLClient(url);
      await client.signup({ email: 'frozen@example.com', username: 'frozen' });
      const accessToken = client.accessToken ?? '';
      const frozen = [
        await frozenClient(url, [
          'GET /graphql HTTP/1.1',
          'Connection: Upgrade',
          'Upgrade: websocket',
          'Sec-WebSocket-Version: 13',
          'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
          'Sec-WebSocket-Protocol: graphql-transport-ws',
        ]),
        await frozenClient(url, [
          `GET /graphql?${new URLSearchParams({ query: MY_SESSION_CHANGED })} HTTP/1.1`,
          'Accept: text/event-stream',
          `Authorization: Bearer ${accessToken}`,
        ]),
      ];
      latchkey.child.kill('SIGTERM');
      expect(await latchkey.exit).toBe(0);
      for (const socket of frozen) socket.destroy();
    });
  });
});

/** A connection whose request is answered, and whose client then neither reads nor says anything any more. */
async function frozenClient(url: string, lines: readonly string[]): Promise<Socket> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  socket.write(`${[...lines, 'Host: latchkey.test'].join('\r\n')}\r\n\r\n`);
  await once(socket, 'data');
  socket.pause();
  return socket;
}
