import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';

/** Subscriptions of one socket that are opened concurrently. */
const MAX_OPENING = 10;

/**
 * Opens the subscriptions of one socket a few at a time. Others wait instead of being refused: a router with hundreds
 * of streams on one socket resubscribes all of them after reconnecting. While some wait, the socket is paused, so at
 * most the subscriptions of one read (64 KB) wait.
 */
export class SubscriptionOpenings {
  readonly #socket: WebSocket;
  readonly #turn: () => Promise<void>;
  readonly #ids = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #firstSubscribe: NodeJS.Timeout;
  #opening = 0;

  /** `turn` resolves when this socket may use the event loop: parsing and validating a document takes milliseconds. */
  constructor(socket: WebSocket, turn: () => Promise<void>, firstSubscribeMs: number) {
    this.#socket = socket;
    this.#turn = turn;
    // graphql-ws clients reconnect after this code.
    this.#firstSubscribe = setTimeout(
      () => socket.close(CloseCode.ConnectionInitialisationTimeout, 'Subscribe timeout'),
      firstSubscribeMs,
    );
    socket.once('close', () => clearTimeout(this.#firstSubscribe));
  }

  /** Whether the subscription is between `start` and `end`. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Resolves when the subscription may be opened. Call `end` exactly once afterwards. */
  async start(id: string): Promise<void> {
    clearTimeout(this.#firstSubscribe);
    this.#ids.add(id);
    if (this.#opening < MAX_OPENING) {
      this.#opening += 1;
    } else {
      this.#socket.pause();
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    await this.#turn();
  }

  end(id: string): void {
    this.#ids.delete(id);
    const next = this.#waiting.shift();
    if (next === undefined) this.#opening -= 1;
    else next();
    if (this.#waiting.length === 0 && this.#socket.isPaused) this.#socket.resume();
  }
}
