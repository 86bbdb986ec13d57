import type { IncomingMessage } from 'node:http';
import { setImmediate as turn } from 'node:timers/promises';
import type { ClientRequest } from '../core/client-request.ts';

/** Between two looks at the event loop, in milliseconds. */
const TICK_MS = 100;

/** Shorter gaps are not noticed, in milliseconds: no rule depends on waits of less than a second. */
const GAP_MS = 500;

/** How long after a gap requests are read that arrived in it, in milliseconds: there may be many, and connections to accept before. */
const SETTLE_MS = 1_000;

interface Gap {
  readonly from: number;
  readonly until: number;
}

/**
 * Tells when requests arrived. What arrives while the process is frozen (SIGSTOP, a paused container) or its event loop is
 * blocked waits in the kernel, which does not tell since when. A gap between two ticks of a timer does: a request that is
 * read after it may have arrived at its start. All times are monotonic, in milliseconds.
 */
export class Arrivals {
  readonly #monotonicNow: () => number;
  #timer: NodeJS.Timeout | null = null;
  #tickedAt: number;
  #gap: Gap | null = null;

  constructor(monotonicNow: () => number = () => performance.now()) {
    this.#monotonicNow = monotonicNow;
    this.#tickedAt = monotonicNow();
  }

  start(): void {
    this.#tickedAt = this.#monotonicNow();
    this.#timer = setInterval(() => this.tick(), TICK_MS).unref();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
  }

  /** Notes that the event loop turns. */
  tick(): void {
    const now = this.#monotonicNow();
    const last = this.#tickedAt;
    this.#tickedAt = now;
    if (now - last < GAP_MS) return;
    const before = this.#gap;
    // Requests of the gap before may not have been read yet, nor those that came while the last tick was due.
    const from = before !== null && last - before.until < SETTLE_MS ? before.from : last - TICK_MS;
    this.#gap = { from, until: now };
  }

  /** The earliest time at which a request that is read now may have arrived. */
  earliest(): number {
    // The timer may be overdue.
    this.tick();
    const now = this.#tickedAt;
    return this.#gap !== null && now - this.#gap.until < SETTLE_MS ? this.#gap.from : now;
  }

  /**
   * The request that was read completely just now. Its wait must not begin earlier: a client that sends its body slowly could
   * choose how long it is, and so have a stolen token taken for a late one.
   */
  async read({ socket }: Pick<IncomingMessage, 'socket'>): Promise<ClientRequest> {
    const arrivedAt = this.earliest();
    if (arrivedAt < this.#tickedAt) {
      // Its client may have gone while it waited: the end of the connection is read one turn of the event loop later.
      await turn();
      await turn();
    }
    return {
      maxWaitMs: () => this.#monotonicNow() - arrivedAt,
      // Node closes a connection that the client has closed on its side (`httpAllowHalfOpen` is off).
      isAbandoned: () => socket.destroyed || socket.readableEnded,
    };
  }
}
