const SECONDS = 60;

/** Counts what happened in the last minute, by kind. */
export class MinuteCounts<Kind extends string> {
  /** Counts of one second each, by second modulo 60. */
  readonly #seconds: { second: number; counts: Map<Kind, number> }[] = Array.from(
    { length: SECONDS },
    () => ({ second: 0, counts: new Map<Kind, number>() }),
  );

  add(kind: Kind, now = Date.now()): void {
    const second = Math.floor(now / 1_000);
    const slot = this.#seconds[second % SECONDS];
    if (slot === undefined) return;
    if (slot.second !== second) {
      slot.second = second;
      slot.counts.clear();
    }
    slot.counts.set(kind, (slot.counts.get(kind) ?? 0) + 1);
  }

  of(kind: Kind, now = Date.now()): number {
    const oldest = Math.floor(now / 1_000) - SECONDS;
    let sum = 0;
    for (const { second, counts } of this.#seconds) if (second > oldest) sum += counts.get(kind) ?? 0;
    return sum;
  }
}
