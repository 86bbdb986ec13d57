import { EventEmitter } from 'node:events';
import { PubSub } from 'graphql-subscriptions';
import { LRUCache } from 'lru-cache';
import type { EventBus, Position, Publication } from '../../core/event-bus.ts';
import type { EventId } from '../../core/ids.ts';
import { ONCE_SECONDS } from './publish-script.ts';

/**
 * The event bus of a single instance. Serialises to JSON as the Redis bus does, so that both behave alike; there, too, the
 * listeners of a channel share the parsed payload.
 */
export class MemoryEventBus implements EventBus {
  // Unlimited listeners: the emitter would report many streams as a leak.
  readonly #pubSub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });

  /** Of the events of the last minute. */
  readonly #positions = new LRUCache<EventId, Position>({ max: 100_000, ttl: ONCE_SECONDS * 1_000 });
  #lastPosition: Position = 0;

  async publish(events: readonly Publication[]): Promise<Position[]> {
    const positions: Position[] = [];
    for (const { id, messages } of events) {
      const known = this.#positions.get(id);
      const position = known ?? this.#take();
      positions.push(position);
      if (known !== undefined) continue;
      this.#positions.set(id, position);
      for (const { channel, payload } of messages)
        await this.#pubSub.publish(channel, JSON.parse(JSON.stringify({ position, ...payload })));
    }
    return positions;
  }

  async newPosition(): Promise<Position> {
    return this.#take();
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    const id = await this.#pubSub.subscribe(channel, listener);
    return () => this.#pubSub.unsubscribe(id);
  }

  /** Never called: there are no gaps in memory. */
  onResumed(): void {}

  #take(): Position {
    this.#lastPosition = Math.max(Date.now() * 1_000, this.#lastPosition + 1);
    return this.#lastPosition;
  }
}
