import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy on a port of its own, in front of a TCP server on this machine. Subclasses decide what it passes on. */
export class TcpProxy {
  /** The target's URL, by way of the proxy. */
  readonly url: string;
  protected readonly sockets = new Set<Socket>();
  readonly #server: Server;

  constructor(server: Server, target: URL) {
    this.#server = server;
    const url = new URL(target);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = url.href;
    server.on('connection', (client) => this.#connect(client, target));
  }

  static async to<Proxy extends TcpProxy>(
    this: new (
      server: Server,
      target: URL,
    ) => Proxy,
    target: string,
  ): Promise<Proxy> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new this(server, new URL(target));
  }

  async close(): Promise<void> {
    this.#server.close();
    for (const socket of this.sockets) socket.destroy();
    await once(this.#server, 'close');
  }

  /** Whether new connections are let through. */
  protected get isOpen(): boolean {
    return true;
  }

  /** Passes on what both say. */
  protected relay(client: Socket, server: Socket): void {
    client.pipe(server);
    server.pipe(client);
  }

  #connect(client: Socket, { hostname, port }: URL): void {
    if (!this.isOpen) {
      client.destroy();
      return;
    }
    const server = connect(Number(port), hostname);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.sockets.delete(socket);
        other.destroy();
      });
    }
    this.relay(client, server);
  }
}
