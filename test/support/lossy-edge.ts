import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy that passes requests on and loses answers: what happens to a phone in a tunnel. */
export class LossyEdge {
  readonly url: string;
  /** The bodies of the answers that were lost. */
  readonly lost: string[] = [];
  readonly #server: Server;
  #toLose = 0;

  private constructor(server: Server) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}`;
  }

  /** `origin` tells the URL of Latchkey for each request. */
  static async start(origin: () => string): Promise<LossyEdge> {
    const server = createServer((received, reply) => {
      const { hostname, port } = new URL(origin());
      const { url: path, method, headers } = received;
      const passed = request({ hostname, port, path, method, headers }, async (answer) => {
        const chunks: Buffer[] = [];
        for await (const chunk of answer) chunks.push(chunk);
        const body = Buffer.concat(chunks);
        if (edge.#loses(body)) return reply.destroy();
        return reply.writeHead(answer.statusCode ?? 502, answer.headers).end(body);
      });
      passed.on('error', () => reply.destroy());
      received.pipe(passed);
    }).listen(0, 'localhost');
    await once(server, 'listening');
    const edge = new LossyEdge(server);
    return edge;
  }

  /** Loses so many of the next answers, each after its request has taken effect. */
  lose(count: number): void {
    this.lost.length = 0;
    this.#toLose = count;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #loses(body: Buffer): boolean {
    if (this.#toLose === 0) return false;
    this.#toLose -= 1;
    this.lost.push(body.toString());
    return true;
  }
}
