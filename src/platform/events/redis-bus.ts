import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import { UnavailableError } from '../../core/errors.ts';
import type { EventBus, Position, Publication } from '../../core/event-bus.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { connectRedis } from '../redis-connection.ts';
import { PUBLISH, publishArguments } from './publish-script.ts';

/**
 * Delay of publishing after a reconnection, in milliseconds. Other instances may reconnect later, and miss messages
 * published before they have resubscribed.
 */
const SETTLE_MS = 1_500;

type Publisher = Redis & {
  publishAll(keyCount: number, ...keysAndArguments: (string | number)[]): Promise<string[]>;
};

/** The event bus of instances that share a Redis. */
export class RedisEventBus implements EventBus {
  readonly #publisher: Publisher;
  readonly #subscriber: Redis;
  readonly #pubSub: RedisPubSub;
  /** Number of local listeners per channel: the channels to resubscribe after a reconnection. */
  readonly #listeners = new Map<string, number>();
  readonly #gaps: (() => void)[] = [];
  readonly #resumed: (() => void)[] = [];
  #deliveredUpTo: Position | null = null;
  /** Errors of failed SUBSCRIBE commands, by channel. */
  readonly #refused = new Map<string, unknown>();
  readonly #logger: Logger;
  readonly #refusals = new OncePerMinute();

  /** When publishing is allowed again: monotonic time in milliseconds. */
  #publishesFrom = Number.NEGATIVE_INFINITY;

  private constructor(publisher: Redis, subscriber: Redis, logger: Logger) {
    this.#logger = logger;
    publisher.defineCommand('publishAll', { lua: PUBLISH });
    this.#publisher = publisher as Publisher;
    this.#subscriber = subscriber;
    this.#publisher.on('close', () => {
      this.#publishesFrom = Number.POSITIVE_INFINITY;
    });
    this.#publisher.on('ready', () => {
      if (this.#publishesFrom === Number.POSITIVE_INFINITY)
        this.#publishesFrom = performance.now() + SETTLE_MS;
    });
    this.#subscriber.on('close', () => {
      this.#deliveredUpTo = null;
      for (const listener of this.#gaps) listener();
    });
    this.#subscriber.on('ready', () => void this.#resume());
    this.#pubSub = new RedisPubSub({
      publisher: this.#publisher,
      subscriber: unfailing(this.#subscriber, this.#refused),
    });
  }

  /** Resolves once Redis is connected or the first attempt has failed; then it keeps retrying. */
  static async open(url: Secret, logger: Logger, report: OncePerMinute): Promise<RedisEventBus> {
    const publisher = connectRedis(url, 'publisher', logger, report);
    const subscriber = connectRedis(url, 'subscriber', logger, report);
    const bus = new RedisEventBus(publisher.redis, subscriber.redis, logger);
    await Promise.all([publisher.opened, subscriber.opened]);
    return bus;
  }

  async publish(events: readonly Publication[]): Promise<Position[]> {
    if (events.length === 0) return [];
    if (performance.now() < this.#publishesFrom)
      throw new UnavailableError(new Error('Redis has just reconnected'));
    return this.#run(events);
  }

  async newPosition(): Promise<Position> {
    try {
      // Again after a first failure: a process that was busy for longer than the time-out has not looked for the answer.
      const [position] = await this.#run([]).catch(() => this.#run([]));
      if (position === undefined) throw new Error('the script returned no position');
      return position;
    } catch (error) {
      throw this.#refusal(error, 'Redis gave no position to a stream');
    }
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    requireReady(this.#subscriber);
    const id = await this.#pubSub.subscribe(channel, (payload: unknown) => {
      listener(payload);
      this.#noteDelivery(payload);
    });
    const refusal = this.#refused.get(channel);
    if (refusal !== undefined) {
      this.#pubSub.unsubscribe(id);
      throw this.#refusal(refusal, 'Redis refused a subscription');
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

  get deliveredUpTo(): Position | null {
    return this.#deliveredUpTo;
  }

  onGap(listener: () => void): void {
    this.#gaps.push(listener);
  }

  onResumed(listener: () => void): void {
    this.#resumed.push(listener);
  }

  close(): void {
    this.#publisher.disconnect();
    this.#subscriber.disconnect();
  }

  #refusal(error: unknown, message: string): UnavailableError {
    if (error instanceof UnavailableError) return error;
    this.#refusals.run((count) => this.#logger.warn({ err: error, count }, message));
    return new UnavailableError(error);
  }

  async #run(events: readonly Publication[]): Promise<Position[]> {
    requireReady(this.#publisher);
    const positions = await this.#publisher.publishAll(events.length + 1, ...publishArguments(events));
    return positions.map(Number);
  }

  /** Redis delivers to a connection in the order of publication. An event has several messages: all before it were delivered. */
  #noteDelivery(payload: unknown): void {
    const position = (payload as { position?: unknown } | null)?.position;
    if (typeof position === 'number') this.#deliveredUpTo = Math.max(this.#deliveredUpTo ?? 0, position - 1);
  }

  async #resume(): Promise<void> {
    const channels = [...this.#listeners.keys()];
    try {
      if (channels.length > 0) await this.#subscriber.subscribe(...channels);
      for (const listener of this.#resumed) listener();
    } catch {
      // The subscriptions are not active. A new connection retries.
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
  if (status !== 'ready') throw new UnavailableError(new Error('Redis is unreachable'));
}

/**
 * The view of Redis given to RedisPubSub, without failures. On a failed SUBSCRIBE, RedisPubSub leaves an unhandled
 * rejection and a permanent entry; here `refused` records the error instead. On a failed UNSUBSCRIBE it leaves an
 * unhandled rejection, which would end the process; it is ignored here, since subscriptions end with the connection.
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
    // Patterns are not used.
    punsubscribe: () => undefined,
  };
  return view as unknown as Redis;
}
