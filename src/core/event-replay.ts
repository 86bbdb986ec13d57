import type { Position } from './event-bus.ts';
import type { EventType } from './events.ts';
import type { EventId, UserId } from './ids.ts';
import type { JsonValue } from './json.ts';

/** A published event, as its message. */
export interface ReplayedEvent {
  readonly id: EventId;
  readonly type: string;
  readonly occurredAt: string;
  readonly data: { readonly [name: string]: JsonValue };
  readonly position: Position;
}

/** The published events of session streams, for streams that missed some. */
export interface EventReplay {
  /**
   * The position of an event; null if it was published longer ago than events are kept, or never.
   *
   * @throws {UnavailableError} as `publicationsRecorded`.
   */
  positionOf(id: EventId): Promise<Position | null>;
  /**
   * Resolves once everything that was published before the call can be read: a publication is recorded shortly after.
   *
   * @throws {UnavailableError} if that takes too long.
   */
  publicationsRecorded(): Promise<void>;
  /** Events after one position and up to another, in order; of one user, or all. At most `limit`. */
  list(userId: UserId | null, after: Position, upTo: Position, limit: number): Promise<ReplayedEvent[]>;
  /** The last events of a type up to a position, the last one last; of one user, or all. At most `limit`. */
  lastOf(type: EventType, userId: UserId | null, upTo: Position, limit: number): Promise<ReplayedEvent[]>;
}

/** How long published events can be replayed, in seconds: a few lifetimes of an access token, whose end ends a stream. */
export const REPLAY_SECONDS = 900;
