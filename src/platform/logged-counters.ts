import type { Counters, Logger } from '../core/ports.ts';

/** Counts in memory, and writes a log line with what was counted since the last one. */
export class LoggedCounters implements Counters {
  readonly #logger: Logger;
  #counts = new Map<string, number>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  increment(name: string): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** To be called every minute, and at the end. */
  async flush(): Promise<void> {
    if (this.#counts.size === 0) return;
    this.#logger.info({ counts: Object.fromEntries(this.#counts) }, 'counts since the last such line');
    this.#counts = new Map();
  }
}
