import { once } from 'node:events';
import { Agent, createServer, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually } from '../../../../test/support/eventually.ts';

interface Target {
  readonly origin: string;
  /** The answers that it owes, but for streams. */
  readonly unanswered: Set<ServerResponse>;
}

/** Hands requests on to servers in turn, such as the instances of a subgraph, and counts them. */
export class Relay {
  readonly #targets: Target[] = [];
  readonly #server: Server;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #counts = new Map<string, number>();
  #turn = 0;

  private constructor(origins: readonly string[]) {
    for (const origin of origins) this.add(origin);
    this.#server = createServer((incoming, answer) => {
      const target = this.#targets[this.#turn++ % this.#targets.length];
      if (target === undefined) return void answer.destroy();
      const { method, headers, url = '/' } = incoming;
      this.#counts.set(url, this.requestsTo(url) + 1);
      target.unanswered.add(answer);
      const options = { method, headers, agent: this.#agent };
      const outgoing = request(new URL(url, target.origin), options, (received) => {
        if (received.headers['content-type']?.startsWith('text/event-stream'))
          target.unanswered.delete(answer);
        answer.writeHead(received.statusCode ?? 502, received.headers);
        received.pipe(answer);
        received.once('error', () => answer.destroy());
      });
      outgoing.once('error', () => answer.destroy());
      answer.once('close', () => {
        target.unanswered.delete(answer);
        outgoing.destroy();
      });
      incoming.pipe(outgoing);
    });
  }

  static async start(...origins: readonly string[]): Promise<Relay> {
    const relay = new Relay(origins);
    await once(relay.#server.listen(0, '127.0.0.1'), 'listening');
    return relay;
  }

  /** Without path. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  add(origin: string): void {
    this.#targets.push({ origin, unanswered: new Set() });
  }

  /** Sends this server nothing more; resolves once it has answered what it was sent, but for streams. */
  async remove(origin: string): Promise<void> {
    const index = this.#targets.findIndex((target) => target.origin === origin);
    const [target] = this.#targets.splice(index, 1);
    await eventually(async () => target?.unanswered.size === 0);
  }

  requestsTo(path: string): number {
    return this.#counts.get(path) ?? 0;
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    this.#server.closeAllConnections();
    await once(this.#server.close(), 'close');
  }
}
