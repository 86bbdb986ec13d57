import { EventEmitter } from 'node:events';
import { PubSub } from 'graphql-subscriptions';
import type { BusMessage, EventBus } from '../../core/event-bus.ts';

/**
 * The event bus of a single instance. Serialises to JSON as the Redis bus does, so that both behave alike; there, too, the
 * listeners of a channel share the parsed payload.
 */
export class MemoryEventBus implements EventBus {
  // Unlimited listeners: the emitter would report many streams as a leak.
  readonly #pubSub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });

  async publish(messages: readonly BusMessage[]): Promise<void> {
    for (const { channel, payload } of messages)
      await this.#pubSub.publish(channel, JSON.parse(JSON.stringify(payload)));
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    const id = await this.#pubSub.subscribe(channel, listener);
    return () => this.#pubSub.unsubscribe(id);
  }

  /** Never called: there are no gaps in memory. */
  onResumed(): void {}
}
