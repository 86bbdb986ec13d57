/** Rate limit for log lines: at most once a minute, so that a lasting fault does not fill the log. */
export class OncePerMinute {
  #silentUntil = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** Runs `work` unless it ran within the last minute. `count`: calls since then, this one included. */
  run(work: (count: number) => void): void {
    this.#count += 1;
    const now = performance.now();
    if (now < this.#silentUntil) return;
    const count = this.#count;
    this.#silentUntil = now + 60_000;
    this.#count = 0;
    work(count);
  }
}
