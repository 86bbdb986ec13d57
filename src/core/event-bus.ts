import type { JsonValue } from './json.ts';

export interface BusMessage {
  readonly channel: string;
  readonly payload: { readonly [key: string]: JsonValue };
}

/**
 * Messages between instances: at most once, to whoever listens at the moment. What must not be lost is in the database,
 * and its readers know how to look there.
 */
export interface EventBus {
  /**
   * Sends messages in order, in one go.
   *
   * @throws when they may not have been sent; within 250 ms.
   */
  publish(messages: readonly BusMessage[]): Promise<void>;
  /**
   * Hears a channel from when the promise resolves. What is broken off is resumed by itself, with a gap.
   * Returns the way to stop.
   *
   * @throws when the channel cannot be subscribed now; within 250 ms.
   */
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void>;
  /** Calls `listener` whenever subscriptions are in force again after a gap: what was said meanwhile is lost. */
  onResumed(listener: () => void): void;
}
