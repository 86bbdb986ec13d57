import { FairQueue } from '../core/fair-queue.ts';

/**
 * One piece of work in each turn of the event loop, so that other requests are answered between two of them. Addresses take
 * turns, and so do the sockets of one address: whoever has much to do delays its own.
 */
export class FairTurns {
  readonly #queue = new FairQueue<() => void>();
  #scheduled = false;

  /** Resolves when it is the turn of this socket of this address. */
  wait(address: string, socket: string): Promise<void> {
    return new Promise((resolve) => {
      this.#queue.add(resolve, [address, socket]);
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#queue.size === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#queue.take()?.();
      this.#schedule();
    });
  }
}
