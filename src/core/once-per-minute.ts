/** Lets something through once a minute: a fault that lasts must not fill the log. */
export class OncePerMinute {
  #silentUntil = Number.NEGATIVE_INFINITY;

  run(work: () => void): void {
    const now = performance.now();
    if (now < this.#silentUntil) return;
    this.#silentUntil = now + 60_000;
    work();
  }
}
