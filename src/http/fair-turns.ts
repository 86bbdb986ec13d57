import { FairQueue } from '../core/fair-queue.ts';

/**
 * Runs one task per turn of the event loop, so that other requests are handled in between. Schedules addresses round
 * robin, and the sockets of one address likewise: a client with many tasks delays mainly its own.
 */
export class FairTurns {
  readonly #queue = new FairQueue<() => void>();
  #scheduled = false;

  /** Resolves when it is this socket's turn. */
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
