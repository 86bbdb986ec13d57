import { CloseCode } from 'graphql-ws';
import type { WebSocket } from 'ws';

/** How many subscriptions of one socket are opened at the same time. */
const MAX_OPENING = 10;

/**
 * Opens the subscriptions of one socket a few at a time. Those beyond wait instead of being refused: a router that carries
 * hundreds of streams on one socket subscribes them all again after it has connected again. While some wait, the socket is
 * not read, so that no more of them wait than one read had brought (64 KB).
 */
export class SubscriptionOpenings {
  readonly #socket: WebSocket;
  readonly #turn: () => Promise<void>;
  readonly #ids = new Set<string>();
  readonly #waiting: (() => void)[] = [];
  readonly #firstSubscribe: NodeJS.Timeout;
  #opening = 0;

  /** `turn` resolves when the event loop is this socket's to use: parsing and validating a document takes milliseconds. */
  constructor(socket: WebSocket, turn: () => Promise<void>, firstSubscribeMs: number) {
    this.#socket = socket;
    this.#turn = turn;
    // Clients of graphql-ws connect again after this code.
    this.#firstSubscribe = setTimeout(
      () => socket.close(CloseCode.ConnectionInitialisationTimeout, 'Subscribe timeout'),
      firstSubscribeMs,
    );
    socket.once('close', () => clearTimeout(this.#firstSubscribe));
  }

  /** True from `start` until its `end`. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Resolves when it is this subscription's turn. Whatever becomes of it, `end` follows, once. */
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
