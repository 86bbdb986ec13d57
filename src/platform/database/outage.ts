import { setTimeout as delay } from 'node:timers/promises';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { DatabaseUnavailableError } from './failures.ts';
import { answers } from './probe.ts';

/** Interval of probes while the database does not respond, in milliseconds. */
const PROBE_INTERVAL_MS = 250;

/**
 * Detects a database that does not respond, because it is frozen or the network is broken; each request would wait for
 * the timeout. After a timeout and a failed probe, requests are refused at once until a probe succeeds. A timeout alone
 * is not an outage: one statement may be slow, or this process may have stalled.
 */
export class Outage {
  readonly #url: Secret;
  readonly #logger: Logger;
  readonly #report = new OncePerMinute();
  /** The error thrown during an outage; null otherwise. */
  #reason: DatabaseUnavailableError | null = null;
  readonly #waiting = new Set<(reason: DatabaseUnavailableError) => void>();
  #probing = false;
  #stopped = false;

  constructor(url: Secret, logger: Logger) {
    this.#url = url;
    this.#logger = logger;
  }

  /** @throws {DatabaseUnavailableError} during an outage. */
  check(): void {
    if (this.#reason !== null) throw this.#reason;
  }

  /**
   * Waits for `answer`.
   *
   * @throws {DatabaseUnavailableError} early, once an outage is detected.
   */
  async wait<T>(answer: Promise<T>): Promise<T> {
    let giveUp: (reason: DatabaseUnavailableError) => void = () => undefined;
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

  /**
   * Reports a failed operation; call once for each. Logs that the database is unavailable, and probes it after a
   * timeout.
   */
  note(failure: unknown): void {
    if (!(failure instanceof DatabaseUnavailableError)) return;
    const { message, code } = failure.cause as NodeJS.ErrnoException;
    this.#report.run((count) =>
      // The message is empty if the host has several addresses.
      this.#logger.warn({ reason: message || code, count }, 'the database is unavailable; see DATABASE_URL'),
    );
    if (!this.#probing && isSilence(failure.cause)) void this.#probe(failure);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #probe(failure: DatabaseUnavailableError): Promise<void> {
    this.#probing = true;
    while (!(await answers(this.#url))) {
      if (this.#reason === null) this.#begin(failure);
      await delay(PROBE_INTERVAL_MS, undefined, { ref: false });
      if (this.#stopped) return;
    }
    this.#probing = false;
    if (this.#reason !== null) this.#logger.info({}, 'the database responds again');
    this.#reason = null;
  }

  #begin(reason: DatabaseUnavailableError): void {
    // Whatever became of that operation: those that are refused have not begun.
    const refusal = new DatabaseUnavailableError(reason.cause);
    this.#reason = refusal;
    this.#logger.debug(
      { err: reason.cause },
      'the database does not respond: requests that need it are refused',
    );
    for (const giveUp of this.#waiting) giveUp(refusal);
  }
}

/**
 * Whether the server did not respond. `pg` gives these errors no code. A busy pool ("timeout exceeded when trying to
 * connect") does not count: the server may be fine.
 */
function isSilence(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    /Query read timeout|terminated due to connection timeout|timeout expired/.test(cause.message)
  );
}
