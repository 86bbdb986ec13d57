import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RateLimit } from '../../src/core/rate-limits.ts';
import { MAX_MEMBERS } from '../../src/core/rate-limits.ts';
import { MemoryRateLimiter } from '../../src/platform/rate-limiter/memory-rate-limiter.ts';
import { addUse, BUCKETS, type Uses } from '../../src/platform/rate-limiter/sliding-window.ts';

const LIMIT: RateLimit = { limit: 5, windowSeconds: 10 };

describe('a limit in memory', () => {
  test('admits at most its number of uses in any interval of its length, and every one that waits as told', async () => {
    const uses = fc.array(
      fc.record({
        pauseMs: fc.integer({ min: 0, max: 4_000 }),
        cost: fc.integer({ min: 1, max: 3 }),
        waits: fc.boolean(),
      }),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(uses, async (steps) => {
        let nowMs = 123_456.7;
        const limiter = new MemoryRateLimiter(() => nowMs);
        const admitted: { readonly at: number; readonly cost: number }[] = [];
        for (const { pauseMs, cost, waits } of steps) {
          nowMs += pauseMs;
          const charge = [{ key: 'a', limit: LIMIT, cost }];
          let refusal = await limiter.charge(charge);
          if (refusal !== null && waits) {
            nowMs += refusal.retryAfterSeconds * 1_000;
            refusal = await limiter.charge(charge);
            expect(refusal).toBeNull();
          }
          if (refusal === null) admitted.push({ at: nowMs, cost });
          const within = admitted.filter(({ at }) => at > nowMs - LIMIT.windowSeconds * 1_000);
          expect(within.reduce((sum, use) => sum + use.cost, 0)).toBeLessThanOrEqual(LIMIT.limit);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('is used up again a tenth of the window after its length', async () => {
    let nowMs = 0;
    const limiter = new MemoryRateLimiter(() => nowMs);
    const full = [{ key: 'a', limit: LIMIT, cost: LIMIT.limit }];
    expect(await limiter.charge(full)).toBeNull();
    expect(await limiter.charge(full)).toEqual({ refused: 0, retryAfterSeconds: 11 });
    nowMs = 10_999;
    expect(await limiter.charge(full)).toEqual({ refused: 0, retryAfterSeconds: 1 });
    nowMs = 11_000;
    expect(await limiter.charge(full)).toBeNull();
  });

  test('of several charges makes all or none, and tells the longest wait', async () => {
    const limiter = new MemoryRateLimiter(() => 0);
    const longer: RateLimit = { limit: 1, windowSeconds: 60 };
    const charge = (key: string, limit: RateLimit) => ({ key, limit, cost: 1 });
    expect(await limiter.charge([charge('a', LIMIT), charge('b', longer)])).toBeNull();
    for (let i = 0; i < 10; i += 1)
      expect(await limiter.charge([charge('a', LIMIT), charge('b', longer)])).toEqual({
        refused: 1,
        retryAfterSeconds: 66,
      });
    for (let i = 0; i < 4; i += 1) expect(await limiter.charge([charge('a', LIMIT)])).toBeNull();
    expect(await limiter.charge([charge('a', LIMIT), charge('b', longer)])).toEqual({
      refused: 1,
      retryAfterSeconds: 66,
    });
    expect(await limiter.charge([charge('a', LIMIT), charge('c', longer)])).toEqual({
      refused: 0,
      retryAfterSeconds: 11,
    });
  });

  test('of a key that is used all the time counts no more than its window', () => {
    const uses: Uses = new Map();
    for (let nowMs = 0; nowMs < 1_000_000; nowMs += 500) addUse(uses, LIMIT, 1, nowMs);
    expect(uses.size).toBeLessThanOrEqual(BUCKETS + 1);
  });

  test('remembers a bounded number of keys, the newest', async () => {
    const limiter = new MemoryRateLimiter(() => 0);
    const once: RateLimit = { limit: 1, windowSeconds: 60 };
    const charge = (key: number) => [{ key: String(key), limit: once, cost: 1 }];
    for (let key = 0; key < 150_000; key += 1) limiter.chargeNow(charge(key));
    expect(limiter.chargeNow(charge(149_999))).not.toBeNull();
    expect(limiter.chargeNow(charge(0))).toBeNull();
  });
});

test('distinct members of a key are counted once within the window, and so many at most', async () => {
  let nowMs = 0;
  const limiter = new MemoryRateLimiter(() => nowMs);
  for (const member of ['a', 'b', 'a']) await limiter.countDistinct('key', member, 10);
  expect(await limiter.countDistinct('key', null, 10)).toBe(2);
  nowMs = 9_999;
  await limiter.countDistinct('key', 'a', 10);
  nowMs = 10_000;
  expect(await limiter.countDistinct('key', null, 10)).toBe(1);
  expect(await limiter.countDistinct('other', null, 10)).toBe(0);
  for (let member = 0; member < 2 * MAX_MEMBERS; member += 1)
    await limiter.countDistinct('key', String(member), 10);
  expect(await limiter.countDistinct('key', null, 10)).toBe(MAX_MEMBERS);
});
