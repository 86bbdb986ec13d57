import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A proxy in front of a database server that can lose the answer to a COMMIT, with its connection. */
export class DatabaseLink {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #wanted: { readonly text: string; readonly lost: () => void } | null = null;

  private constructor(server: Server, url: string) {
    this.#server = server;
    this.url = url;
  }

  static async to(databaseUrl: string): Promise<DatabaseLink> {
    const { hostname, port } = new URL(databaseUrl);
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    const link = new DatabaseLink(server, url.href);
    server.on('connection', (client) => link.#relay(client, connect(Number(port), hostname)));
    return link;
  }

  /** Loses the answer to the next COMMIT of a transaction that has sent this; resolves when it is lost. */
  loseAnswerToCommitOf(text: string): Promise<void> {
    return new Promise((lost) => {
      this.#wanted = { text, lost };
    });
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #relay(client: Socket, server: Socket): void {
    /** What was sent since the last BEGIN. */
    let sent = '';
    let lost: (() => void) | null = null;
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => other.destroy());
    }
    client.on('data', (data) => {
      const text = data.toString('latin1');
      sent = text.includes('BEGIN') ? text : sent + text;
      if (this.#wanted !== null && text.includes('COMMIT') && sent.includes(this.#wanted.text)) {
        ({ lost } = this.#wanted);
        this.#wanted = null;
      }
      server.write(data);
    });
    server.on('data', (data) => {
      if (lost === null) client.write(data);
      else {
        client.destroy();
        lost();
      }
    });
  }
}
