import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * `open` passes everything on; `cut` closes connections and accepts no new ones; `silent` accepts them and passes nothing on,
 * as a network that drops packets; `mute` passes on what clients send, and closes the connection in place of the answer.
 */
export type Mode = 'open' | 'cut' | 'silent' | 'mute';

/** A TCP proxy in front of one port on loopback. */
export class TcpProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #target: () => number;
  readonly #sockets = new Set<Socket>();
  #mode: Mode = 'open';
  /** Added to each chunk of an answer, in milliseconds. */
  latencyMs = 0;

  private constructor(server: Server, target: () => number) {
    this.#server = server;
    this.#target = target;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (socket) => this.#accept(socket));
  }

  /** `target` is asked for each connection. */
  static async start(target: () => number): Promise<TcpProxy> {
    // A client that has closed its side still gets its answer.
    const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new TcpProxy(server, target);
  }

  set mode(mode: Mode) {
    this.#mode = mode;
    if (mode === 'cut') this.#closeAll();
    // What was held back is lost with its connection, as with one that timed out.
    if (mode === 'open') for (const socket of this.#sockets) if (socket.isPaused()) socket.destroy();
    if (mode === 'silent') for (const socket of this.#sockets) socket.pause();
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#closeAll();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (this.#mode === 'cut') {
      client.resetAndDestroy();
      return;
    }
    const server = connect({ port: this.#target(), host: '127.0.0.1', allowHalfOpen: true });
    this.#join(client, server);
    client.on('data', (chunk) => {
      server.write(chunk);
    });
    server.on('data', (chunk) => void this.#answer(client, server, chunk));
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    if (this.#mode === 'silent') for (const socket of [client, server]) socket.pause();
  }

  async #answer(client: Socket, server: Socket, chunk: Buffer): Promise<void> {
    if (this.#mode === 'mute') {
      for (const socket of [client, server]) socket.destroy();
      return;
    }
    if (this.latencyMs > 0) {
      server.pause();
      await delay(this.latencyMs);
      if (this.#mode !== 'silent') server.resume();
    }
    client.write(chunk);
  }

  #join(client: Socket, server: Socket): void {
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
  }

  #closeAll(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }
}
