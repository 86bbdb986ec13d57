import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { Charge, RateLimiter, Refusal } from '../../core/rate-limits.ts';
import { MAX_MEMBERS } from '../../core/rate-limits.ts';
import { addUse, type Uses, waitFor } from './sliding-window.ts';

/** Keys that are remembered, of each kind. The least recently used is forgotten first. */
export const MAX_KEYS = 100_000;

/** Times of the members of a key, oldest first. */
type Members = Map<string, number>;

/** Limits within this process. Time is monotonic, so that a change of the clock ends no window. */
export class MemoryRateLimiter implements RateLimiter {
  readonly #uses = new LRUCache<string, Uses>(atMost(MAX_KEYS));
  readonly #members = new LRUCache<string, Members>(atMost(MAX_KEYS));
  readonly #nowMs: () => number;

  constructor(nowMs = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  async charge(charges: readonly Charge[]): Promise<Refusal> {
    return this.chargeNow(charges);
  }

  /** As `charge`, with each limit divided by `share`, and at least 1. */
  chargeNow(charges: readonly Charge[], share = 1): Refusal {
    const nowMs = this.#nowMs();
    let refusal: Refusal = null;
    for (const [refused, { key, limit, cost }] of charges.entries()) {
      const shared = { ...limit, limit: Math.max(1, Math.floor(limit.limit / share)) };
      const waitMs = waitFor(this.#usesOf(key), shared, Math.min(cost, shared.limit), nowMs);
      const retryAfterSeconds = Math.ceil(waitMs / 1_000);
      if (waitMs > 0 && retryAfterSeconds > (refusal?.retryAfterSeconds ?? 0))
        refusal = { refused, retryAfterSeconds };
    }
    if (refusal === null) this.note(charges);
    return refusal;
  }

  /** Counts charges that were made elsewhere. */
  note(charges: readonly Charge[]): void {
    const nowMs = this.#nowMs();
    for (const { key, limit, cost } of charges)
      addUse(this.#usesOf(key), limit, Math.min(cost, limit.limit), nowMs);
  }

  async countDistinct(key: string, member: string | null, windowSeconds: number): Promise<number> {
    return this.countDistinctNow(key, member, windowSeconds);
  }

  countDistinctNow(key: string, member: string | null, windowSeconds: number): number {
    const nowMs = this.#nowMs();
    const members = this.#members.get(key) ?? new Map<string, number>();
    for (const [known, seenAt] of members) if (seenAt <= nowMs - windowSeconds * 1_000) members.delete(known);
    if (member !== null) {
      members.delete(member);
      members.set(member, nowMs);
      const [oldest] = members.keys();
      if (members.size > MAX_MEMBERS && oldest !== undefined) members.delete(oldest);
      this.#members.set(key, members);
    }
    return members.size;
  }

  async forgetMember(key: string, member: string): Promise<void> {
    this.#members.get(key)?.delete(member);
  }

  #usesOf(key: string): Uses {
    const known = this.#uses.get(key);
    if (known !== undefined) return known;
    const uses: Uses = new Map();
    this.#uses.set(key, uses);
    return uses;
  }
}
