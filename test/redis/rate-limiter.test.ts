import { afterEach, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { newId } from '../../src/core/ids.ts';
import { OncePerMinute } from '../../src/core/once-per-minute.ts';
import type { RateLimit } from '../../src/core/rate-limits.ts';
import { Secret } from '../../src/core/secret.ts';
import { RedisRateLimiter } from '../../src/platform/rate-limiter/redis-rate-limiter.ts';
import { Cable } from '../support/cable.ts';
import { eventually } from '../support/eventually.ts';
import { silentLogger } from '../support/logger.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';

const LIMIT: RateLimit = { limit: 20, windowSeconds: 1 };
/** Long enough that no window ends during a test. */
const LONG: RateLimit = { limit: 20, windowSeconds: 3_600 };

describeWithRedis('a limit that two instances share', () => {
  let redis: TestRedis;
  const limiters: RedisRateLimiter[] = [];
  afterEach(async () => {
    for (const limiter of limiters.splice(0)) limiter.close();
    redis.thaw();
    await redis.kill();
  });

  async function startPair(): Promise<[RedisRateLimiter, RedisRateLimiter]> {
    redis = await TestRedis.start();
    return openPair(redis.url);
  }

  async function openPair(url: string): Promise<[RedisRateLimiter, RedisRateLimiter]> {
    for (let i = 0; i < 2; i += 1)
      limiters.push(await RedisRateLimiter.open(new Secret(url), silentLogger, new OncePerMinute()));
    return limiters as [RedisRateLimiter, RedisRateLimiter];
  }

  const use = (limiter: RedisRateLimiter, key: string, limit: RateLimit) =>
    limiter.charge([{ key, limit, cost: 1 }]);

  async function admittedOf(limiters: readonly RedisRateLimiter[], key: string, attempts: number) {
    const refusals = await Promise.all(
      Array.from({ length: attempts }, (_, i) =>
        use(limiters[i % limiters.length] as RedisRateLimiter, key, LONG),
      ),
    );
    return refusals.filter((refusal) => refusal === null).length;
  }

  test('admits at most its number of uses in any interval of its length', async () => {
    const pair = await startPair();
    const admitted: { readonly from: number; readonly to: number }[] = [];
    const endsAt = performance.now() + 3_500;
    const attempt = async (limiter: RedisRateLimiter) => {
      while (performance.now() < endsAt) {
        const from = performance.now();
        if ((await use(limiter, 'key', LIMIT)) === null) admitted.push({ from, to: performance.now() });
      }
    };
    await Promise.all([...pair, ...pair, ...pair].map(attempt));
    expect(admitted.length).toBeGreaterThan(LIMIT.limit);
    admitted.sort((a, b) => a.from - b.from);
    // Each was admitted at some time between `from` and `to`.
    const surelyTogether = admitted.map(
      (first) => admitted.filter(({ from, to }) => from >= first.from && to < first.from + 1_000).length,
    );
    expect(Math.max(...surelyTogether)).toBeLessThanOrEqual(LIMIT.limit);
  });

  test('admits exactly its number of a burst of a hundred', async () => {
    const pair = await startPair();
    expect(await admittedOf(pair, 'key', 100)).toBe(LONG.limit);
  });

  test('does not depend on the clocks of the instances', async () => {
    const [a, b] = await startPair();
    const now = Date.now;
    try {
      Date.now = () => now() + 600_000;
      expect(await admittedOf([a], 'key', 15)).toBe(15);
      Date.now = () => now() - 600_000;
      expect(await admittedOf([b], 'key', 15)).toBe(5);
    } finally {
      Date.now = now;
    }
  });

  test.each([
    ['killed', (redis: TestRedis) => redis.kill()],
    ['frozen', async (redis: TestRedis) => redis.freeze()],
  ])(
    'admits at most half as many more while Redis is %s, and is shared again afterwards',
    async (fault, strike) => {
      const pair = await startPair();
      // Both have heard of each other once each has announced itself after the other.
      for (const limiter of pair) await limiter.announce();
      expect(await admittedOf([pair[0]], 'key', 100)).toBe(LONG.limit);
      await strike(redis);
      expect(await admittedOf(pair, 'key', 100)).toBe(LONG.limit / 2);
      expect(await admittedOf(pair, 'other', 100)).toBe(LONG.limit);
      if (fault === 'killed') await redis.start();
      else redis.thaw();
      await eventually(async () => {
        const key = newId<never>();
        const admitted = await admittedOf(pair, key, 100);
        return admitted === LONG.limit && (await isCounted(redis, key, LONG.limit));
      });
    },
  );

  test('admits at most half as many more, though Redis comes back without its counts', async () => {
    const pair = await startPair();
    for (const limiter of pair) await limiter.announce();
    expect(await admittedOf([pair[0]], 'key', 15)).toBe(15);
    await redis.kill();
    const meanwhile = await admittedOf(pair, 'key', 100);
    expect(meanwhile).toBe(LONG.limit / 2);
    await redis.start();
    await eventually(async () => {
      const key = newId<never>();
      await admittedOf(pair, key, 2);
      return isCounted(redis, key, 2);
    });
    // The first to announce itself is alone for a while.
    for (const limiter of pair) await limiter.announce();
    expect(await admittedOf(pair, 'key', 100)).toBe(0);
    expect(await admittedOf(pair, 'other', 100)).toBe(LONG.limit);
  });

  test('is not applied anew by instances that were cut off from it', async () => {
    redis = await TestRedis.start();
    const cable = await Cable.to(redis.url);
    try {
      const pair = await openPair(cable.url);
      for (const limiter of pair) await limiter.announce();
      expect(await admittedOf(pair, 'used before', 6)).toBe(6);
      cable.cut();
      expect(await admittedOf(pair, 'key', 100)).toBe(LONG.limit);
      expect(await admittedOf(pair, 'used before', 4)).toBe(4);
      expect(await admittedOf([pair[0]], 'used by one', 100)).toBe(LONG.limit / 2);
      cable.mend();
      await eventually(async () => {
        const key = newId<never>();
        await admittedOf(pair, key, 2);
        return isCounted(redis, key, 2);
      });
      // What one of them has admitted is added when it is asked again.
      expect(await admittedOf(pair, 'key', 100)).toBeLessThanOrEqual(LONG.limit / 2);
      expect(await admittedOf(pair, 'key', 100)).toBe(0);
      expect(await admittedOf([pair[0]], 'used by one', 100)).toBe(LONG.limit / 2);
      expect(await admittedOf(pair, 'used before', 100)).toBeLessThanOrEqual(LONG.limit - 8);
      expect(await admittedOf(pair, 'new', 100)).toBe(LONG.limit);
    } finally {
      await cable.close();
    }
  });

  test('is applied whole by an instance that was disconnected from a Redis that kept its counts', async () => {
    const pair = await startPair();
    for (const limiter of pair) await limiter.announce();
    const client = new Redis(redis.url);
    await client.client('KILL', 'TYPE', 'normal');
    client.disconnect();
    await eventually(async () => (await admittedOf([pair[0]], newId(), 100)) === LONG.limit);
  });

  test('counts distinct members across instances', async () => {
    const [a, b] = await startPair();
    expect(await a.countDistinct('key', 'x', 60)).toBe(1);
    expect(await b.countDistinct('key', 'y', 60)).toBe(2);
    expect(await b.countDistinct('key', 'x', 60)).toBe(2);
    expect(await a.countDistinct('key', null, 60)).toBe(2);
  });

  test('leaves no key without an expiry', async () => {
    const [a, b] = await startPair();
    await admittedOf([a, b], 'key', 5);
    await a.countDistinct('members', 'x', 60);
    const client = new Redis(redis.url);
    const keys = await client.keys('*');
    const lifetimes = await Promise.all(keys.map((key) => client.pttl(key)));
    client.disconnect();
    expect(keys).toHaveLength(3);
    expect(Math.min(...lifetimes)).toBeGreaterThan(0);
  });
});

async function isCounted(redis: TestRedis, key: string, uses: number): Promise<boolean> {
  const client = new Redis(redis.url);
  const [found] = await client.keys(`*${key}`);
  const counts = found === undefined ? [] : await client.hvals(found);
  client.disconnect();
  return counts.reduce((sum, count) => sum + Number(count), 0) === uses;
}
