import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterEach, expect, test } from '@jest/globals';
import { requestCancel } from '../../src/platform/database/cancel-request.ts';

const SESSION = { host: '127.0.0.1', ssl: false, sslNegotiation: 'postgres', processID: 4711, secretKey: -7 };
/** As the protocol has it: length, the code of a CancelRequest, process, key. */
const REQUEST = [16, 80_877_102, 4711, -7];
const SSL_REQUEST = [8, 80_877_103];

/** Instead of a certificate. */
const TLS = {
  ciphers: 'PSK',
  maxVersion: 'TLSv1.2',
  pskCallback: () => ({ psk: Buffer.alloc(16, 1), identity: 'of the test' }),
  checkServerIdentity: () => undefined,
} as const;

let server: Server | undefined;
afterEach(() => new Promise((resolve) => server?.close(resolve)));

/** Listens where a server would; what each connection sends first, and its socket. */
async function listen(
  where: number | string,
): Promise<{ port: number; first(): Promise<[number[], Socket]> }> {
  const listening = createServer().listen(where);
  server = listening;
  await once(listening, 'listening');
  const address = listening.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 5432,
    first: async () => {
      const [socket] = (await once(listening, 'connection')) as [Socket];
      return [await numbersFrom(socket), socket];
    },
  };
}

async function numbersFrom(socket: Socket): Promise<number[]> {
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  return Array.from({ length: bytes.length / 4 }, (_, i) => bytes.readInt32BE(i * 4));
}

test('names the session to the server, over a connection that it ends with the server', async () => {
  const { port, first } = await listen(0);
  const received = first();
  requestCancel({ ...SESSION, port });
  const [numbers, socket] = await received;
  expect(numbers).toEqual(REQUEST);
  const closed = once(socket, 'close');
  socket.end();
  await closed;
});

test('finds a server by its Unix socket', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-socket-'));
  const { first } = await listen(join(folder, '.s.PGSQL.5432'));
  const received = first();
  requestCancel({ ...SESSION, host: folder, port: 5432 });
  const [numbers, socket] = await received;
  expect(numbers).toEqual(REQUEST);
  socket.destroy();
  rmSync(folder, { recursive: true });
});

test('is encrypted where the session is: the key would let anyone cancel it', async () => {
  const { port, first } = await listen(0);
  const received = first();
  requestCancel({ ...SESSION, port, ssl: TLS });
  const [numbers, socket] = await received;
  expect(numbers).toEqual(SSL_REQUEST);
  const secure = createTlsServer({ ...TLS, pskCallback: () => Buffer.alloc(16, 1) });
  socket.write('S');
  secure.emit('connection', socket);
  const [encrypted] = (await once(secure, 'secureConnection')) as [Socket];
  expect(await numbersFrom(encrypted)).toEqual(REQUEST);
  encrypted.destroy();
});

test('is not made of a session that has not begun', async () => {
  const { port } = await listen(0);
  const connected = once(server as Server, 'connection');
  requestCancel({ ...SESSION, port, processID: null });
  requestCancel({ ...SESSION, port, processID: 1 });
  const [socket] = (await connected) as [Socket];
  expect((await numbersFrom(socket))[2]).toBe(1);
  socket.destroy();
});
