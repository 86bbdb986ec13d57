import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { Charge } from '../../core/rate-limits.ts';
import { MAX_KEYS } from './memory-rate-limiter.ts';

interface Owed {
  readonly uses: number;
  /** When the last of them was made, in milliseconds of monotonic time. */
  readonly madeAtMs: number;
}

const NOTHING: Owed = { uses: 0, madeAtMs: Number.NEGATIVE_INFINITY };

/** Uses that an instance admitted while Redis did not answer, by key, until Redis is told of them. */
export class OwedUses {
  readonly #owed = new LRUCache<string, Owed>(atMost(MAX_KEYS));

  /** Adds uses that are made now. */
  add(charges: readonly Charge[]): void {
    const madeAtMs = performance.now();
    for (const { key, limit, cost } of charges)
      this.#add(key, { uses: Math.min(cost, limit.limit), madeAtMs });
  }

  /** Takes what is owed for each of the charges, to tell Redis of it. Nothing of what was made before the window. */
  take(charges: readonly Charge[]): Owed[] {
    if (this.#owed.size === 0) return charges.map(() => NOTHING);
    return charges.map(({ key, limit }) => {
      const owed = this.#owed.get(key) ?? NOTHING;
      this.#owed.delete(key);
      return performance.now() - owed.madeAtMs < limit.windowSeconds * 1_000 ? owed : NOTHING;
    });
  }

  /** Puts back what was taken, where Redis could not be told. */
  putBack(charges: readonly Charge[], taken: readonly Owed[]): void {
    for (const [i, { key }] of charges.entries()) this.#add(key, taken[i] ?? NOTHING);
  }

  #add(key: string, { uses, madeAtMs }: Owed): void {
    if (uses === 0) return;
    const known = this.#owed.get(key) ?? NOTHING;
    this.#owed.set(key, { uses: known.uses + uses, madeAtMs: Math.max(known.madeAtMs, madeAtMs) });
  }
}
