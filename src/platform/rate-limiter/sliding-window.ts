import type { RateLimit } from '../../core/rate-limits.ts';

/**
 * The window is counted in so many buckets. One more is counted than fit into it, since the oldest is only partly within: so
 * no interval of the window's length has more than the limit, and a use is forgotten up to a tenth of the window late.
 */
export const BUCKETS = 10;

export const bucketMs = ({ windowSeconds }: RateLimit) => Math.ceil((windowSeconds * 1_000) / BUCKETS);

/** Uses of one key, by the number of the bucket, oldest first. */
export type Uses = Map<number, number>;

/**
 * The wait until `cost` more uses are within the limit, in milliseconds; 0 if they are now. Forgets what is outdated.
 *
 * @throws {RangeError} if the cost alone exceeds the limit.
 */
export function waitFor(uses: Uses, limit: RateLimit, cost: number, nowMs: number): number {
  const width = bucketMs(limit);
  const current = Math.floor(nowMs / width);
  let excess = cost - limit.limit;
  for (const [bucket, count] of uses) {
    if (bucket < current - BUCKETS) uses.delete(bucket);
    else excess += count;
  }
  if (excess <= 0) return 0;
  for (const [bucket, count] of uses) {
    excess -= count;
    if (excess <= 0) return (bucket + BUCKETS + 1) * width - nowMs;
  }
  throw new RangeError('the cost exceeds the limit');
}

export function addUse(uses: Uses, limit: RateLimit, cost: number, nowMs: number): void {
  const current = Math.floor(nowMs / bucketMs(limit));
  // Busy keys are never forgotten as a whole.
  if (!uses.has(current))
    for (const bucket of uses.keys()) if (bucket < current - BUCKETS) uses.delete(bucket);
  uses.set(current, (uses.get(current) ?? 0) + cost);
}
