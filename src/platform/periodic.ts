import { severityOf } from '../core/errors.ts';
import { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';

interface Options {
  readonly name: string;
  readonly intervalMs: number;
  readonly logger: Logger;
  readonly work: () => Promise<void>;
  /** Whether a last round runs at stop, for work that writes what has been collected in memory. */
  readonly runsAtStop?: boolean;
}

/** Periodic work, never concurrent with itself. A failure is logged, once a minute at most, and the next round retries. */
export class Periodic {
  readonly #options: Options;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #stopped = true;
  #isWoken = false;
  readonly #report = new OncePerMinute();

  constructor(options: Options) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.name;
  }

  start(): void {
    this.#stopped = false;
    this.#schedule();
  }

  /** Starts a round now or, if one is running, right after it. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#running !== null) {
      this.#isWoken = true;
      return;
    }
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#running = this.#round();
  }

  /** Resolves when the current round, and the last one, have ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
    if (this.#options.runsAtStop) await this.#round();
  }

  /** Schedules the next round with jitter, so that instances started together do not run in step. */
  #schedule(): void {
    const { intervalMs } = this.#options;
    this.#timer = setTimeout(
      () => {
        this.#running = this.#round();
      },
      intervalMs * (0.9 + Math.random() * 0.2),
    );
  }

  async #round(): Promise<void> {
    const { name, work, logger } = this.#options;
    try {
      await work();
    } catch (error) {
      const severity = severityOf(error);
      const report = (count: number) => logger[severity]({ err: error, count }, `${name}: a round failed`);
      if (severity === 'debug') report(1);
      else this.#report.run(report);
    }
    this.#running = null;
    if (this.#stopped) return;
    if (!this.#isWoken) {
      this.#schedule();
      return;
    }
    this.#isWoken = false;
    this.#running = this.#round();
  }
}
