import { EventEmitter } from 'node:events';
import { PubSub } from 'graphql-subscriptions';
import type { BusMessage, EventBus, Position } from '../../core/event-bus.ts';

/**
 * The event bus of a single instance. Serialises to JSON as the Redis bus does, so that both behave alike; there, too, the
 * listeners of a channel share the parsed payload.
 */
export class MemoryEventBus implements EventBus {
  // Unlimited listeners: the emitter would report many streams as a leak.
  readonly #pubSub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });

  #lastPosition: Position = 0;

  async publish(events: readonly (readonly BusMessage[])[]): Promise<Position> {
    const first = this.#take(events.length);
    for (const [index, messages] of events.entries())
      for (const { channel, payload } of messages) {
        const message = { position: first + index, ...payload };
        await this.#pubSub.publish(channel, JSON.parse(JSON.stringify(message)));
      }
    return first;
  }

  async newPosition(): Promise<Position> {
    return this.#take(1);
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    const id = await this.#pubSub.subscribe(channel, listener);
    return () => this.#pubSub.unsubscribe(id);
  }

  /** Never called: there are no gaps in memory. */
  onResumed(): void {}

  #take(count: number): Position {
    const first = Math.max(Date.now() * 1_000, this.#lastPosition + 1);
    this.#lastPosition = first + count - 1;
    return first;
  }
}
