import type { Delivery, FaultPeriod, Incident, Operation, Stall } from './history.ts';

/** Between two looks at the event loop, and how late a look may be, in milliseconds. */
const TICK_MS = 100;
const LATE_MS = 400;

/** What happens during a run, as it is recorded. */
export class Timeline {
  readonly operations: Operation[] = [];
  readonly faults: FaultPeriod[] = [];
  readonly deliveries: Delivery[] = [];
  readonly published = new Map<string, string>();
  readonly incidents: Incident[] = [];
  /** When this process itself got no time: the machine had too much to do. */
  readonly stalls: Stall[] = [];
  readonly #startedAt = performance.now();
  #tickedAt = 0;

  constructor() {
    setInterval(() => this.#tick(), TICK_MS).unref();
  }

  /** Milliseconds since the run began; monotonic. */
  now(): number {
    return performance.now() - this.#startedAt;
  }

  #tick(): void {
    const from = this.#tickedAt;
    this.#tickedAt = this.now();
    if (this.#tickedAt - from > TICK_MS + LATE_MS) this.stalls.push({ from, until: this.#tickedAt });
  }
}
