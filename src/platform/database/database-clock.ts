import type { Clock } from '../../core/clock.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Database } from './database.ts';

/** Statements per measurement: the fastest is the most precise. */
const SAMPLES = 3;

/** A slower answer, in milliseconds, is no reason to doubt the measurement before. */
const MAX_ROUND_TRIP_MS = 1_000;

/** The distance between the clocks of machine and database from which it is logged, in milliseconds. */
const NOTABLE_MS = 2_000;

/** The distance from which the machine should not serve, in milliseconds: something is wrong with one of the clocks. */
const TOLERABLE_MS = 30_000;

interface Dependencies {
  readonly database: Pick<Database, 'query'>;
  /** Of this machine. */
  readonly machineClock: Clock;
  readonly logger: Logger;
  readonly monotonicNow?: () => number;
}

interface Sample {
  readonly roundTripMs: number;
  /** The database's time minus monotonic time, in milliseconds. */
  readonly offsetMs: number;
}

/**
 * The database's clock, so that all instances agree on the time, with each other and with stored dates. Measured now and then;
 * in between, time goes on monotonically, so that setting this machine's clock changes nothing. The machine's clock serves
 * until the first measurement.
 */
export class DatabaseClock implements Clock {
  readonly #deps: Dependencies;
  readonly #monotonicNow: () => number;
  readonly #report = new OncePerMinute();
  #offsetMs: number | null = null;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    this.#monotonicNow = dependencies.monotonicNow ?? (() => performance.now());
  }

  now(): Date {
    return this.#offsetMs === null
      ? this.#deps.machineClock.now()
      : new Date(this.#monotonicNow() + this.#offsetMs);
  }

  /** Whether the clocks of machine and database are close enough to serve. */
  get isTolerable(): boolean {
    return Math.abs(this.#aheadMs) <= TOLERABLE_MS;
  }

  /** Measures the distance to the database's clock. @throws {UnavailableError}, and the last measurement holds. */
  async measure(): Promise<void> {
    const samples: Sample[] = [];
    while (samples.length < SAMPLES) samples.push(await this.#sample());
    const [best] = samples.sort((a, b) => a.roundTripMs - b.roundTripMs);
    if (best !== undefined && (best.roundTripMs <= MAX_ROUND_TRIP_MS || this.#offsetMs === null))
      this.#offsetMs = best.offsetMs;
    if (Math.abs(this.#aheadMs) <= NOTABLE_MS) return;
    this.#report.run(() =>
      this.#deps.logger.warn(
        { aheadSeconds: Math.round(this.#aheadMs / 1_000) },
        "this machine's clock differs from the database's, which is used instead: synchronise both",
      ),
    );
  }

  /** How far the machine's clock is ahead of the database's. */
  get #aheadMs(): number {
    return this.#deps.machineClock.now().getTime() - this.now().getTime();
  }

  async #sample(): Promise<Sample> {
    let sentAt = 0;
    const [row] = await this.#deps.database.query<{ now: Date }>('SELECT clock_timestamp() AS now', () => {
      // Once a connection is free.
      sentAt = this.#monotonicNow();
      return [];
    });
    if (row === undefined) throw new Error('SELECT returned no row');
    const receivedAt = this.#monotonicNow();
    // The database has read its clock half way between, as far as we know.
    return { roundTripMs: receivedAt - sentAt, offsetMs: row.now.getTime() - (sentAt + receivedAt) / 2 };
  }
}
