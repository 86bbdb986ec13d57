import type { EventId } from './ids.ts';
import type { JsonValue } from './json.ts';

export interface BusMessage {
  readonly channel: string;
  readonly payload: { readonly [key: string]: JsonValue };
}

/** What is published of one event. Published again within `POSITION_SECONDS`, it has the same position. */
export interface Publication {
  readonly id: EventId;
  readonly messages: readonly BusMessage[];
}

export const POSITION_SECONDS = 60;

/**
 * A place in the order of all that was published: microseconds since 1970, or one more than the highest so far, if that is
 * later. Messages carry theirs as `position`.
 */
export type Position = number;

/**
 * Publish/subscribe between instances, at most once, to current subscribers. Anything that must not be lost is also in
 * the database, and its readers catch up from there.
 */
export interface EventBus {
  /**
   * Publishes the messages of events in order, in one batch. Returns the position of each event.
   *
   * @throws within 250 ms, if some may not have been published.
   */
  publish(events: readonly Publication[]): Promise<Position[]>;
  /**
   * A new position: lower than that of everything published later, and higher than that of everything before.
   *
   * @throws within 500 ms, if there is none.
   */
  newPosition(): Promise<Position>;
  /**
   * Subscribes to a channel; active once the promise resolves. Resumes automatically after a lost connection, with a
   * gap. Returns the function that unsubscribes.
   *
   * @throws within 250 ms, if the channel cannot be subscribed.
   */
  subscribe(channel: string, listener: (payload: unknown) => void): Promise<() => void>;
  /** All messages up to this position were delivered here; null if it is not known, as after a gap. */
  readonly deliveredUpTo: Position | null;
  /** Calls `listener` when a gap begins, before any message that follows it is delivered. */
  onGap(listener: () => void): void;
  /** Calls `listener` whenever subscriptions are active again after a gap, whose messages are lost. */
  onResumed(listener: () => void): void;
}
