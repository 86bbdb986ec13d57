import type { Actor } from './actor.ts';
import type { EventFacts, EventKind } from './event-kind.ts';
import type { EventId, SessionId, UserId } from './ids.ts';
import type { Origin } from './principal.ts';
import type { Revocation } from './revocation.ts';

/** The data of each type of event. The `*.events.ts` of a module merges its types into it. */
// biome-ignore lint/suspicious/noEmptyInterface: core knows no feature, and so no type of event.
export interface EventData {}

export type EventType = keyof EventData;

/** The kind of every type of event. */
export type EventCatalogue = { readonly [T in EventType]: EventKind<EventData[T]> };

/** Something that happened, as it is recorded. */
export type NewEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly type: K;
    readonly data: EventData[K];
    /** Who did it; null for the system and for someone unknown. */
    readonly actorId: UserId | null;
    /** Whose account it concerns. */
    readonly subjectId: UserId | null;
    readonly sessionId: SessionId | null;
    readonly origin: Origin;
  };
}[T];

/** An event that has been recorded: what its messages are made of. */
export type RecordedEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly id: EventId;
    readonly type: K;
    readonly data: EventData[K];
    readonly occurredAt: Date;
  };
}[T];

/**
 * An event of what `actor` did. It concerns the session that the data names, or else the actor's, and the account of the
 * user that the data names, unless `subjectId` is given.
 */
export function eventBy<T extends EventType>(
  actor: Actor,
  type: T,
  data: EventData[T],
  subjectId?: UserId | null,
): NewEvent<T> {
  const named: EventFacts = data;
  return {
    type,
    data,
    actorId: actor.userId,
    subjectId: subjectId ?? named.userId ?? null,
    sessionId: named.sessionId ?? actor.sessionId ?? null,
    origin: actor.origin,
  };
}

/** What an event revokes; null for nothing. */
export function revocationOf<T extends EventType>(
  catalogue: EventCatalogue,
  event: RecordedEvent<T>,
): Revocation | null {
  return catalogue[event.type].revokes?.(event.data) ?? null;
}
