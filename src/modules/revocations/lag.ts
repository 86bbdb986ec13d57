/** The longest time between two notes that counts, in milliseconds: in a longer one the process was frozen. */
const MAX_STEP_MS = 1_000;

/**
 * For how long something that advances has lagged behind, in milliseconds in which this process has run: after a thaw it gets
 * time to catch up.
 */
export class Lag {
  #ms = 0;
  #notedAt = Number.POSITIVE_INFINITY;

  /** Notes how far it has advanced by `now`, and returns the lag. Call regularly. */
  note(advancedUntil: number, now: number): number {
    const step = Math.min(Math.max(0, now - this.#notedAt), MAX_STEP_MS);
    this.#notedAt = now;
    this.#ms = Math.min(this.#ms + step, Math.max(0, now - advancedUntil));
    return this.#ms;
  }
}
