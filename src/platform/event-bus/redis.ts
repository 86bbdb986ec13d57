import { RedisPubSub } from 'graphql-redis-subscriptions';
import type { Redis } from 'ioredis';
import type { BusMessage, EventBus } from '../../core/event-bus.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { connectRedis } from './redis-connection.ts';

/** The bus of instances that share a Redis. */
export class RedisEventBus implements EventBus {
  readonly #publisher: Redis;
  readonly #subscriber: Redis;
  readonly #pubSub: RedisPubSub;
  /** How many listeners each channel has here: what to subscribe again after a broken connection. */
  readonly #listeners = new Map<string, number>();
  readonly #resumed: (() => void)[] = [];

  constructor(url: Secret, logger: Logger) {
    this.#publisher = connectRedis(url, 'publisher', logger);
    this.#subscriber = connectRedis(url, 'subscriber', logger);
    this.#subscriber.on('ready', () => void this.#resume());
    this.#pubSub = new RedisPubSub({ publisher: this.#publisher, subscriber: forgiving(this.#subscriber) });
  }

  async publish(messages: readonly BusMessage[]): Promise<void> {
    const pipeline = this.#publisher.pipeline();
    for (const { channel, payload } of messages) pipeline.publish(channel, JSON.stringify(payload));
    for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    // RedisPubSub keeps an entry for ever where a subscription fails: do not let it try in vain.
    if (this.#subscriber.status !== 'ready') throw new Error('Redis is out of reach');
    const id = await this.#pubSub.subscribe(channel, listener);
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

/**
 * RedisPubSub lets the promises of its UNSUBSCRIBE commands go. One that fails, because Redis is gone, would end the
 * process as an unhandled rejection; and there is nothing to be done about it, for the channels go with the connection.
 */
function forgiving(subscriber: Redis): Redis {
  return new Proxy(subscriber, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target);
      if (typeof value !== 'function') return value;
      if (property === 'unsubscribe' || property === 'punsubscribe') {
        return (...args: unknown[]) => value.apply(target, args).catch(() => undefined);
      }
      return value.bind(target);
    },
  });
}
