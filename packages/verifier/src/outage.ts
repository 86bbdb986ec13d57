/** Why nothing can be verified now: the keys, the exchange or the feed of revocations cannot be reached. Answer 503. */
export class VerifierUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'VerifierUnavailableError';
  }
}

/** Failures in a row after which nothing is tried for a while. */
const FAILURES = 5;

/** How long nothing is tried, in milliseconds. */
const OPEN_MS = 2_000;

/** Spares a server that is away, and callers the wait for it: after five failures in a row one call in two seconds is tried. */
export class CircuitBreaker {
  readonly #now: () => number;
  #failures = 0;
  #openUntil = 0;

  /** `now`: monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get isOpen(): boolean {
    return this.#now() < this.#openUntil;
  }

  /** @throws {VerifierUnavailableError} if `work` throws, and at once while the breaker is open. */
  async run<T>(what: string, work: () => Promise<T>): Promise<T> {
    if (this.isOpen) throw new VerifierUnavailableError(`${what} failed ${this.#failures} times in a row`);
    // One call at a time is tried after that.
    if (this.#failures >= FAILURES) this.#openUntil = this.#now() + OPEN_MS;
    try {
      const result = await work();
      this.#failures = 0;
      this.#openUntil = 0;
      return result;
    } catch (cause) {
      this.#failures += 1;
      if (this.#failures >= FAILURES) this.#openUntil = this.#now() + OPEN_MS;
      throw new VerifierUnavailableError(`${what} failed`, { cause });
    }
  }
}
