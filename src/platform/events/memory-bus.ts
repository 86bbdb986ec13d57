import { EventEmitter } from 'node:events';
import { PubSub } from 'graphql-subscriptions';
import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { type Clock, systemClock } from '../../core/clock.ts';
import { type EventBus, POSITION_SECONDS, type Position, type Publication } from '../../core/event-bus.ts';
import type { EventId } from '../../core/ids.ts';

/**
 * The event bus of a single instance. Serialises to JSON as the Redis bus does, so that both behave alike; there, too, the
 * listeners of a channel share the parsed payload.
 */
export class MemoryEventBus implements EventBus {
  // Unlimited listeners: the emitter would report many streams as a leak.
  readonly #pubSub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });

  readonly #clock: Clock;
  /** Of recent events. */
  readonly #positions = new LRUCache<EventId, Position>({
    ...atMost(100_000),
    ttl: POSITION_SECONDS * 1_000,
  });
  #lastPosition: Position = 0;
  #deliveredUpTo: Position = 0;

  constructor(clock: Clock = systemClock) {
    this.#clock = clock;
  }

  get deliveredUpTo(): Position {
    return this.#deliveredUpTo;
  }

  async publish(events: readonly Publication[]): Promise<Position[]> {
    const positions: Position[] = [];
    for (const { id, messages } of events) {
      const position = this.#positions.get(id) ?? this.#take();
      this.#positions.set(id, position);
      positions.push(position);
      for (const { channel, payload } of messages)
        await this.#pubSub.publish(channel, JSON.parse(JSON.stringify({ position, ...payload })));
      this.#deliveredUpTo = Math.max(this.#deliveredUpTo, position);
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

  /** There are no gaps in memory. */
  onGap(): void {}
  onResumed(): void {}

  #take(): Position {
    this.#lastPosition = Math.max(this.#clock.now().getTime() * 1_000, this.#lastPosition + 1);
    return this.#lastPosition;
  }
}
