import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../core/errors.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { answers } from './probe.ts';

/** How often a database that gave no answer is probed, in milliseconds. */
const PROBE_INTERVAL_MS = 250;

/**
 * Detects a database that does not answer at all. One that is down refuses at once, but one that is frozen, or behind a
 * broken network, lets everybody wait: once somebody has waited in vain and a probe has too, nobody else does, until a
 * probe gets through. A timeout alone proves nothing: one statement may be slow, and this process may have stalled.
 */
export class Outage {
  readonly #url: Secret;
  readonly #logger: Logger;
  readonly #report = new OncePerMinute();
  /** Why nobody is let through, while nobody is. */
  #reason: UnavailableError | null = null;
  readonly #waiting = new Set<(reason: UnavailableError) => void>();
  #probing = false;
  #stopped = false;

  constructor(url: Secret, logger: Logger) {
    this.#url = url;
    this.#logger = logger;
  }

  /** @throws {UnavailableError} during an outage. */
  check(): void {
    if (this.#reason !== null) throw this.#reason;
  }

  /**
   * Waits for `answer`.
   *
   * @throws {UnavailableError} as soon as an outage is detected.
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

  /** Takes note of a failed operation, to be called once for each: logs that the database is unavailable, and probes it. */
  note(failure: unknown): void {
    if (!(failure instanceof UnavailableError)) return;
    const { message, code } = failure.cause as NodeJS.ErrnoException;
    this.#report.run((count) =>
      // Where a host has several addresses, the message is empty.
      this.#logger.warn({ reason: message || code, count }, 'the database is unavailable; see DATABASE_URL'),
    );
    if (!this.#probing && isSilence(failure.cause)) void this.#probe(failure);
  }

  stop(): void {
    this.#stopped = true;
  }

  async #probe(failure: UnavailableError): Promise<void> {
    this.#probing = true;
    while (!(await answers(this.#url))) {
      if (this.#reason === null) this.#begin(failure);
      await delay(PROBE_INTERVAL_MS, undefined, { ref: false });
      if (this.#stopped) return;
    }
    this.#probing = false;
    if (this.#reason !== null) this.#logger.info({}, 'the database answers again');
    this.#reason = null;
  }

  #begin(reason: UnavailableError): void {
    this.#reason = reason;
    this.#logger.debug(
      { err: reason.cause },
      'the database does not answer: requests that need it are refused',
    );
    for (const giveUp of this.#waiting) giveUp(reason);
  }
}

/** `pg` gives these no code. That the pool is busy ("timeout exceeded when trying to connect") says nothing of the server. */
function isSilence(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    /Query read timeout|terminated due to connection timeout|timeout expired/.test(cause.message)
  );
}
