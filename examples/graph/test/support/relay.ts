import { once } from 'node:events';
import { Agent, createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Target {
  readonly origin: string;
  /** One for each request that it has not answered. */
  readonly unanswered: Set<Promise<void>>;
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
      let answered = () => {};
      const isAnswered = new Promise<void>((resolve) => {
        answered = resolve;
      });
      target.unanswered.add(isAnswered);
      void isAnswered.then(() => target.unanswered.delete(isAnswered));
      const options = { method, headers, agent: this.#agent };
      const outgoing = request(new URL(url, target.origin), options, (received) => {
        if (received.headers['content-type']?.startsWith('text/event-stream')) answered();
        answer.writeHead(received.statusCode ?? 502, received.headers);
        received.pipe(answer);
        received.once('error', () => answer.destroy());
      });
      outgoing.once('error', () => answer.destroy());
      answer.once('close', () => {
        answered();
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

  /** Resolves once this server has answered what it was sent, but for streams, and is sent nothing more. */
  async remove(origin: string): Promise<void> {
    const index = this.#targets.findIndex((target) => target.origin === origin);
    const [target] = this.#targets.splice(index, 1);
    await Promise.all(target?.unanswered ?? []);
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
