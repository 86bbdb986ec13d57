import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Options {
  /** Of Latchkey. */
  readonly url: string;
  /** The path under which the edge serves it, such as `/auth`. */
  readonly below: string;
  /** What the router behind the edge adds to requests to `/graphql`. */
  readonly routerSecret: string;
}

/** A proxy in front of Latchkey that stands for an edge and a router: both serve it on their host, below a path. */
export class Edge {
  readonly url: string;
  readonly #server: Server;

  private constructor(server: Server, below: string) {
    this.#server = server;
    this.url = `http://localhost:${(server.address() as AddressInfo).port}${below}`;
  }

  static async start({ url, below, routerSecret }: Options): Promise<Edge> {
    const { hostname, port } = new URL(url);
    const server = createServer((received, reply) => {
      const path = received.url?.slice(below.length);
      const secret = path?.startsWith('/graphql') ? { 'x-router-secret': routerSecret } : {};
      const { method, headers } = received;
      const passed = request(
        { hostname, port, path, method, headers: { ...headers, ...secret } },
        (answer) => {
          reply.writeHead(answer.statusCode ?? 502, answer.headers);
          answer.pipe(reply);
        },
      );
      passed.on('error', () => reply.destroy());
      reply.on('close', () => passed.destroy());
      received.pipe(passed);
    }).listen(0, 'localhost');
    await once(server, 'listening');
    return new Edge(server, below);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}
