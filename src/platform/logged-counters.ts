import type { Counters, Logger } from '../core/ports.ts';

/** Counts in memory and logs the counts since the previous line. */
export class LoggedCounters implements Counters {
  readonly #logger: Logger;
  #counts = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  increment(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Logs and resets the counts. Call every minute and at shutdown. */
  async flush(): Promise<void> {
    if (this.#counts.size === 0) return;
    this.#logger.info({ counts: Object.fromEntries(this.#counts) }, 'counts since the previous line');
    this.#counts = new Map();
  }
}
