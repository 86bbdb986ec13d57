import { setInterval } from 'node:timers/promises';
import type { GraphQLClient } from '../../../../test/support/client.ts';

interface Options {
  readonly clients: readonly GraphQLClient[];
  readonly requestsPerSecond: number;
  /** How old an access token gets until its client refreshes, in milliseconds. */
  readonly refreshAfterMs: number;
}

const QUERY = '{ me { id } }';

/** Every eighth asks the other subgraph too, which verifies the token itself. */
const JOINED_QUERY = '{ me { id tasks { id } } }';

/**
 * Clients that send so many requests a second together, and refresh before their tokens expire. Each waits for its answer: while the
 * machine is too busy there are fewer, and more afterwards.
 */
export class SteadyLoad {
  /** How many were answered as they should be, refreshes too. */
  answered = 0;
  /** What the others were answered. */
  readonly failures: string[] = [];
  /** How long it has run. */
  seconds = 0;
  readonly #options: Options;
  readonly #idle: GraphQLClient[];
  readonly #refreshedAt = new Map<GraphQLClient, number>();
  readonly #pending = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  readonly #sending: Promise<void>;

  constructor(options: Options) {
    this.#options = options;
    this.#idle = [...options.clients];
    const now = performance.now();
    // Not all at once.
    for (const client of options.clients)
      this.#refreshedAt.set(client, now - Math.random() * options.refreshAfterMs);
    this.#sending = this.#send();
  }

  /** Resolves with the answers to all that was sent. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#sending;
    await Promise.all(this.#pending);
  }

  async #send(): Promise<void> {
    const startedAt = performance.now();
    let sent = 0;
    try {
      for await (const _ of setInterval(5, undefined, { signal: this.#stopping.signal })) {
        this.seconds = (performance.now() - startedAt) / 1_000;
        while (sent < this.seconds * this.#options.requestsPerSecond) {
          const client = this.#idle.shift();
          if (client === undefined) break;
          this.#start(client, sent % 8 === 0 ? JOINED_QUERY : QUERY);
          sent += 1;
        }
      }
    } catch (error) {
      if (!this.#stopping.signal.aborted) throw error;
    }
  }

  #start(client: GraphQLClient, query: string): void {
    const age = performance.now() - (this.#refreshedAt.get(client) ?? 0);
    const answer = (age > this.#options.refreshAfterMs ? this.#refresh(client) : this.#ask(client, query))
      .then((failure) => {
        if (failure === null) this.answered += 1;
        else this.failures.push(failure);
      })
      .catch((error: unknown) => void this.failures.push(String(error)))
      .finally(() => {
        this.#pending.delete(answer);
        this.#idle.push(client);
      });
    this.#pending.add(answer);
  }

  /** What was answered in place of the caller; null where it was the caller. */
  async #ask(client: GraphQLClient, query: string): Promise<string | null> {
    const { status, data, errors } = await client.send(query);
    const isRight = status === 200 && errors.length === 0 && data?.me?.id !== undefined;
    return isRight ? null : JSON.stringify({ status, data, errors });
  }

  async #refresh(client: GraphQLClient): Promise<string | null> {
    this.#refreshedAt.set(client, performance.now());
    const refreshed = await client.refresh();
    return refreshed.__typename === 'Authentication' ? null : JSON.stringify(refreshed);
  }
}
