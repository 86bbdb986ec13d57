import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Charge, RateLimiter, Refusal } from '../../core/rate-limits.ts';
import type { Secret } from '../../core/secret.ts';
import { connectRedis } from '../redis-connection.ts';
import { MemoryRateLimiter } from './memory-rate-limiter.ts';
import { CHARGE, COUNT_DISTINCT } from './redis-scripts.ts';
import { bucketMs } from './sliding-window.ts';

/** The hash tag keeps all keys of a script on one node of a cluster. */
const PREFIX = 'auth:{limits}:';

const INSTANCES = 'instances';

/** An instance that was not heard of for this long is gone, in seconds. */
const INSTANCE_SECONDS = 20;
const ANNOUNCE_INTERVAL_MS = 5_000;

type Scripted = Redis & {
  charge(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<[number, number]>;
  countDistinct(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number>;
};

/**
 * Limits that the instances of one Redis share. While Redis does not answer, each instance applies an equal share of a limit
 * by itself. It counts its own uses all along, so that in the window in which Redis fails N instances together exceed the limit
 * by (N − 1)/N of it at most.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly #redis: Scripted;
  readonly #logger: Logger;
  readonly #own = new MemoryRateLimiter();
  readonly #report = new OncePerMinute();
  readonly #instanceId = randomUUID();
  #instances = 1;
  #announcing: NodeJS.Timeout | null = null;

  private constructor(redis: Redis, logger: Logger) {
    redis.defineCommand('charge', { lua: CHARGE });
    redis.defineCommand('countDistinct', { lua: COUNT_DISTINCT });
    this.#redis = redis as Scripted;
    this.#logger = logger;
  }

  /** Resolves once Redis is connected or the first attempt has failed; then it keeps retrying. */
  static async open(url: Secret, logger: Logger, report: OncePerMinute): Promise<RedisRateLimiter> {
    const { redis, opened } = connectRedis(url, 'limits', logger, report);
    const limiter = new RedisRateLimiter(redis, logger);
    await opened;
    await limiter.announce();
    limiter.#announcing = setInterval(() => void limiter.announce(), ANNOUNCE_INTERVAL_MS);
    return limiter;
  }

  close(): void {
    if (this.#announcing !== null) clearInterval(this.#announcing);
    this.#redis.disconnect();
  }

  async charge(charges: readonly Charge[]): Promise<Refusal> {
    const keys = charges.map(({ key }) => PREFIX + key);
    const uses = charges.flatMap(({ limit, cost }) => [
      limit.limit,
      bucketMs(limit),
      Math.min(cost, limit.limit),
    ]);
    try {
      const [refused, waitMs] = await this.#redis.charge(keys.length, ...keys, ...uses);
      if (refused > 0) return { refused: refused - 1, retryAfterSeconds: Math.ceil(waitMs / 1_000) };
      this.#own.note(charges);
      return null;
    } catch (error) {
      this.#reportFailure(error);
      return this.#own.chargeNow(charges, this.#instances);
    }
  }

  async countDistinct(key: string, member: string | null, windowSeconds: number): Promise<number> {
    const own = this.#own.countDistinctNow(key, member, windowSeconds);
    const members = member === null ? [] : [member];
    try {
      return Math.max(
        own,
        await this.#redis.countDistinct(1, PREFIX + key, windowSeconds * 1_000, ...members),
      );
    } catch (error) {
      this.#reportFailure(error);
      return own;
    }
  }

  async forgetMember(key: string, member: string): Promise<void> {
    await this.#own.forgetMember(key, member);
    try {
      await this.#redis.zrem(PREFIX + key, member);
    } catch (error) {
      this.#reportFailure(error);
    }
  }

  /** Tells the others of this instance, and asks how many there are. */
  async announce(): Promise<void> {
    try {
      this.#instances = await this.#redis.countDistinct(
        1,
        PREFIX + INSTANCES,
        INSTANCE_SECONDS * 1_000,
        this.#instanceId,
      );
    } catch {
      // As many as were there before.
    }
  }

  #reportFailure(error: unknown): void {
    this.#report.run((count) =>
      this.#logger.warn(
        { reason: (error as Error).message, count, instances: this.#instances },
        'rate limits are not shared: each instance applies its part, until Redis answers; see REDIS_URL',
      ),
    );
  }
}
