import type { Config } from '../config/config.ts';
import type { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';
import type { RateLimiter } from '../core/rate-limits.ts';
import { MemoryRateLimiter } from '../platform/rate-limiter/memory-rate-limiter.ts';
import type { Closers } from './closers.ts';

/** Opens the rate limiter: shared by Redis, or in memory for a single instance. */
export async function openLimiter(
  { redis }: Config,
  logger: Logger,
  closers: Closers,
  report: OncePerMinute,
): Promise<RateLimiter> {
  if (redis === null) return new MemoryRateLimiter();
  const { RedisRateLimiter } = await import('../platform/rate-limiter/redis-rate-limiter.ts');
  const limiter = await RedisRateLimiter.open(redis.url, logger, report);
  closers.add('rate limiter', async () => limiter.close());
  return limiter;
}
