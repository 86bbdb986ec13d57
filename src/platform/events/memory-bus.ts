import { EventEmitter } from 'node:events';
import { PubSub } from 'graphql-subscriptions';
import type { BusMessage, EventBus } from '../../core/event-bus.ts';

/** The bus of an instance that is alone. It carries the same JSON as Redis would: what passes here passes there. */
export class MemoryEventBus implements EventBus {
  // As many streams as there are: the emitter would take them for a leak.
  readonly #pubSub = new PubSub({ eventEmitter: new EventEmitter().setMaxListeners(0) });

  async publish(messages: readonly BusMessage[]): Promise<void> {
    for (const { channel, payload } of messages) await this.#pubSub.publish(channel, JSON.stringify(payload));
  }

  async subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void> {
    const id = await this.#pubSub.subscribe(channel, (json: string) => listener(JSON.parse(json)));
    return () => this.#pubSub.unsubscribe(id);
  }

  /** Nothing can come between. */
  onResumed(): void {}
}
