import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import { UnavailableError } from '../../core/errors.ts';
import type { BusMessage, EventBus } from '../../core/event-bus.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { connectRedis } from './redis-connection.ts';

/**
 * How long after a broken connection nothing is published, in milliseconds. Other instances need a little longer than we to
 * come back, and what is said before they listen again is lost to them.
 */
const SETTLE_MS = 1_500;

/** The bus of instances that share a Redis. */
export class RedisEventBus implements EventBus {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #pubSub: RedisPubSub;
  /** How many listeners each channel has here: what to subscribe again after a broken connection. */
  readonly #listeners = new Map<string, number>();
  readonly #resumed: (() => void)[] = [];
  /** Channels that Redis has not subscribed, and why. */
  readonly #refused = new Map<string, unknown>();
  readonly #logger: Logger;
  readonly #refusals = new OncePerMinute();

  /** Monotonic, in milliseconds. */
  #publishesFrom = Number.NEGATIVE_INFINITY;

  private constructor(publisher: Redis, subscriber: Redis, logger: Logger) {
    this.#logger = logger;
    this.#publisher = publisher;
    this.#subscriber = subscriber;
    this.#publisher.on('close', () => {
      this.#publishesFrom = Number.POSITIVE_INFINITY;
    });
    this.#publisher.on('ready', () => {
      if (this.#publishesFrom === Number.POSITIVE_INFINITY)
        this.#publishesFrom = performance.now() + SETTLE_MS;
    });
    this.#subscriber.on('ready', () => void this.#resume());
    this.#pubSub = new RedisPubSub({
      publisher: this.#publisher,
      subscriber: unfailing(this.#subscriber, this.#refused),
    });
  }

  /** Resolves once Redis is connected, or out of reach: then it goes on trying. */
  static async open(url: Secret, logger: Logger): Promise<RedisEventBus> {
    const report = new OncePerMinute();
    const publisher = connectRedis(url, 'publisher', logger, report);
    const subscriber = connectRedis(url, 'subscriber', logger, report);
    const bus = new RedisEventBus(publisher.redis, subscriber.redis, logger);
    await Promise.all([publisher.opened, subscriber.opened]);
    return bus;
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    // Each command of a pipeline would be refused on its own, by an error with a stack: the relay tries hundreds at a time.
    requireReady(this.#publisher);
    if (performance.now() < this.#publishesFrom)
      throw new UnavailableError(new Error('Redis has only just come back'));
    const pipeline = this.#publisher.pipeline();
    for (const { channel, payload } of messages) pipeline.publish(channel, JSON.stringify(payload));
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    requireReady(this.#subscriber);
    const id = await this.#pubSub.subscribe(channel, listener);
    const refusal = this.#refused.get(channel);
    if (refusal !== undefined) {
      this.#pubSub.unsubscribe(id);
      this.#refusals.run((count) =>
        this.#logger.warn({ err: refusal, count }, 'Redis refuses a subscription'),
      );
      throw new UnavailableError(refusal);
    }
    this.#count(channel, 1);
    let listening = true;
    return () => {
      if (!listening) return;
      listening = false;
      this.#count(channel, -1);
      this.#pubSub.unsubscribe(id);
    };
  }

  onResumed(listener: () => void): void {
    this.#resumed.push(listener);
  }

  close(): void {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  async #resume(): Promise<void> {
    const channels = [...this.#listeners.keys()];
    try {
      if (channels.length > 0) await this.#subscriber.subscribe(...channels);
      for (const listener of this.#resumed) listener();
    } catch {
      // Not in force, so not resumed. A new connection tries it all again.
      this.#subscriber.disconnect(true);
    }
  }

  #count(channel: string, change: 1 | -1): void {
    const count = (this.#listeners.get(channel) ?? 0) + change;
    if (count === 0) this.#listeners.delete(channel);
    else this.#listeners.set(channel, count);
  }
}

function requireReady({ status }: Redis): void {
  if (status !== 'ready') throw new UnavailableError(new Error('Redis is out of reach'));
}

/**
 * Redis as RedisPubSub may see it: without failures. That of a SUBSCRIBE it would answer with a promise that nobody awaits
 * and an entry that stays for ever; here it is noted in `refused` instead. That of an UNSUBSCRIBE it lets go, which would
 * end the process as an unhandled rejection; and there is nothing to be done about it, for channels go with their connection.
 */
function unfailing(redis: Redis, refused: Map<string, unknown>): Redis {
  const view = {
    on: redis.on.bind(redis),
    subscribe: (channel: string, done: () => void) => {
      void redis
        .subscribe(channel)
        .catch((error: unknown) => refused.set(channel, error))
        .finally(done);
    },
    unsubscribe: (channel: string) => {
      refused.delete(channel);
      redis.unsubscribe(channel).catch(() => undefined);
    },
    // No patterns here.
    punsubscribe: () => undefined,
  };
  return view as unknown as Redis;
}
