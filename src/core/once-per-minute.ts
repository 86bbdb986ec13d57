/** Lets something through once a minute: a fault that lasts must not fill the log. */
export class OncePerMinute {
  #silentUntil = Number.NEGATIVE_INFINITY;
  #count = 0;

  /** `count`: calls since the last one that was let through, this one included. */
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
