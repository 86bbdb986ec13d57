import type { JsonValue } from './json.ts';

export interface BusMessage {
  readonly channel: string;
  readonly payload: { readonly [key: string]: JsonValue };
}

/**
 * Publish/subscribe between instances, at most once, to current subscribers. Anything that must not be lost is also in
 * the database, and its readers catch up from there.
 */
export interface EventBus {
  /**
   * Publishes messages in order, in one batch.
   *
   * @throws within 250 ms, if some may not have been published.
   */
  publish(messages: readonly BusMessage[]): Promise<void>;
  /**
   * Subscribes to a channel; active once the promise resolves. Resumes automatically after a lost connection, with a
   * gap. Returns the function that unsubscribes.
   *
   * @throws within 250 ms, if the channel cannot be subscribed.
   */
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void>;
  /** Calls `listener` whenever subscriptions are active again after a gap, whose messages are lost. */
  onResumed(listener: () => void): void;
}
