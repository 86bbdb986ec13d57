import pg from 'pg';
import { UnavailableError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';

/** How often a database that gave no answer is asked whether it does again, in milliseconds. */
const PROBE_INTERVAL_MS = 250;

const PROBE_TIMEOUTS = { connectionTimeoutMillis: 500, query_timeout: 500 };

/**
 * Knows whether the database answers at all. One that is down refuses at once, but one that is frozen, or behind a broken
 * network, lets everybody wait: once somebody has waited in vain, nobody else does, until a probe gets through.
 */
export class Outage {
  readonly #url: Secret;
  readonly #logger: Logger;
  /** Why nobody is let through, while nobody is. */
  #reason: UnavailableError | null = null;
  readonly #waiting = new Set<(reason: UnavailableError) => void>();
  #probe: NodeJS.Timeout | null = null;

  constructor(url: Secret, logger: Logger) {
    this.#url = url;
    this.#logger = logger;
  }

  /** @throws {UnavailableError} while the database is known not to answer. */
  check(): void {
    if (this.#reason !== null) throw this.#reason;
  }

  /**
   * Waits with the others.
   *
   * @throws {UnavailableError} as soon as it turns out that the database does not answer.
   */
  async wait<T>(answer: Promise<T>): Promise<T> {
    let giveUp: (reason: UnavailableError) => void = () => undefined;
    const outage = new Promise<never>((_resolve, reject) => {
      giveUp = reject;
    });
    this.#waiting.add(giveUp);
    try {
      return await Promise.race([answer, outage]);
    } finally {
      this.#waiting.delete(giveUp);
    }
  }

  /** To be told of every failure: one by which the database gave no answer in time begins an outage. */
  note(failure: unknown): void {
    if (this.#reason !== null || !(failure instanceof UnavailableError) || !isSilence(failure.cause)) return;
    this.#reason = failure;
    this.#logger.warn({ err: failure.cause }, 'the database does not answer');
    for (const giveUp of this.#waiting) giveUp(failure);
    this.#scheduleProbe();
  }

  stop(): void {
    if (this.#probe !== null) clearTimeout(this.#probe);
    this.#probe = null;
  }

  #scheduleProbe(): void {
    this.#probe = setTimeout(() => void this.#ask(), PROBE_INTERVAL_MS).unref();
  }

  async #ask(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.#url.reveal(),
      application_name: 'latchkey probe',
      ...PROBE_TIMEOUTS,
    });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT 1');
      this.#reason = null;
      this.#logger.info({}, 'the database answers again');
    } catch {
      if (this.#probe !== null) this.#scheduleProbe();
    } finally {
      client.end().catch(() => undefined);
    }
  }
}

/** `pg` gives these no code. That the pool is busy ("timeout exceeded when trying to connect") says nothing of the server. */
function isSilence(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    /Query read timeout|terminated due to connection timeout|timeout expired/.test(cause.message)
  );
}
