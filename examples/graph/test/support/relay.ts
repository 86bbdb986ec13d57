import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Hands requests on to a subgraph, and counts them. */
export class CountingRelay {
  requests = 0;
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(target: string) {
    this.#server = createServer((incoming, answer) => {
      this.requests += 1;
      const { method, headers } = incoming;
      const outgoing = request(target, { method, headers, agent: this.#agent }, (received) => {
        answer.writeHead(received.statusCode ?? 502, received.headers);
        received.pipe(answer);
      });
      outgoing.once('error', () => answer.destroy());
      incoming.pipe(outgoing);
    });
  }

  static async start(target: string): Promise<CountingRelay> {
    const relay = new CountingRelay(target);
    await once(relay.#server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/graphql`;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }
}
