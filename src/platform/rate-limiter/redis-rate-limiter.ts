import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Charge, RateLimit, RateLimiter, Refusal } from '../../core/rate-limits.ts';
import type { Secret } from '../../core/secret.ts';
import { connectRedis } from '../redis-connection.ts';
import { MemoryRateLimiter } from './memory-rate-limiter.ts';
import { OwedUses } from './owed-uses.ts';
import { CHARGE, COUNT_DISTINCT } from './redis-scripts.ts';
import { bucketMs } from './sliding-window.ts';

/** The hash tag keeps all keys of a script on one node of a cluster. */
const PREFIX = 'auth:{limits}:';

const INSTANCES = 'instances';

/** An instance that was not heard of for this long is gone, in seconds. */
const INSTANCE_SECONDS = 20;
const ANNOUNCE_INTERVAL_MS = 5_000;

/** The run id of a server that does not tell it. */
const UNKNOWN = 'unknown';

type Scripted = Redis & {
  charge(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<[number, number]>;
  countDistinct(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<number>;
};

/**
 * Limits that the instances of one Redis share. While Redis does not answer, each instance applies an equal share of a limit
 * by itself. It counts its own uses all along, so that in the window in which Redis fails N instances together exceed the limit
 * by (N − 1)/N of it at most. What it admits meanwhile it adds when the key is used again. A server that was started again or has taken
 * over may have lost counts: for one window each instance applies its share beside the common limit.
 */
export class RedisRateLimiter implements RateLimiter {
  readonly #redis: Scripted;
  readonly #logger: Logger;
  readonly #own = new MemoryRateLimiter();
  readonly #owed = new OwedUses();
  readonly #report = new OncePerMinute();
  readonly #instanceId = randomUUID();
  #instances = 1;
  /** Of the server that holds the counts; null as long as it is not known. */
  #runId: string | null = null;
  /** When the counts may have been lost, in milliseconds of monotonic time. */
  #lostAtMs = Number.NEGATIVE_INFINITY;
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
    redis.on('ready', () => void limiter.#recognise());
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
    // First, so that uses which this instance refuses are left to the others.
    const isCountedHere = charges.some(({ limit }) => this.#mayHaveLost(limit));
    const refusedHere = isCountedHere ? this.#own.chargeNow(charges, this.#instances) : null;
    if (refusedHere !== null) return refusedHere;
    const owed = this.#owed.take(charges);
    const uses = charges.flatMap(({ limit, cost }, i) => [
      limit.limit,
      bucketMs(limit),
      Math.min(cost, limit.limit) + (owed[i]?.uses ?? 0),
    ]);
    try {
      const [refused, waitMs] = await this.#redis.charge(keys.length, ...keys, ...uses);
      if (refused > 0) {
        this.#owed.putBack(charges, owed);
        return { refused: refused - 1, retryAfterSeconds: Math.ceil(waitMs / 1_000) };
      }
      if (!isCountedHere) this.#own.note(charges);
      return null;
    } catch (error) {
      this.#reportFailure(error);
      this.#owed.putBack(charges, owed);
      const refusal = isCountedHere ? null : this.#own.chargeNow(charges, this.#instances);
      if (refusal === null) this.#owed.add(charges);
      return refusal;
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
      const instances = await this.#redis.countDistinct(
        1,
        PREFIX + INSTANCES,
        INSTANCE_SECONDS * 1_000,
        this.#instanceId,
      );
      // The others announce themselves anew where they were forgotten.
      this.#instances = this.#lostWithin(INSTANCE_SECONDS) ? Math.max(instances, this.#instances) : instances;
    } catch {
      // As many as were there before.
    }
  }

  /** Takes the counts for lost, unless the server is the one that had them. */
  async #recognise(): Promise<void> {
    const [known, lostAtMs] = [this.#runId, this.#lostAtMs];
    if (known !== null) this.#lostAtMs = performance.now();
    const info = await this.#redis.info('server').catch(() => '');
    this.#runId = /^run_id:(\w+)/m.exec(info)?.[1] ?? UNKNOWN;
    if (this.#runId === known && known !== UNKNOWN) this.#lostAtMs = lostAtMs;
  }

  #mayHaveLost(limit: RateLimit): boolean {
    // The oldest bucket is only partly within the window.
    return this.#lostWithin(limit.windowSeconds + bucketMs(limit) / 1_000);
  }

  #lostWithin(seconds: number): boolean {
    return performance.now() - this.#lostAtMs < seconds * 1_000;
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
