import type { Actor } from './actor.ts';
import type { EventFacts, EventKind } from './event-kind.ts';
import type { EventId, SessionId, UserId } from './ids.ts';
import type { Origin } from './principal.ts';
import type { Revocation } from './revocation.ts';

/** The data of each event type. The `*.events.ts` files of modules extend it by declaration merging. */
// biome-ignore lint/suspicious/noEmptyInterface: core declares no event types; modules do.
export interface EventData {}

export type EventType = keyof EventData;

/** The kind of every event type. */
export type EventCatalogue = { readonly [T in EventType]: EventKind<EventData[T]> };

/** An event to record. */
export type NewEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly type: K;
    readonly data: EventData[K];
    /** The user who caused it; null for the system or an unknown caller. */
    readonly actorId: UserId | null;
    /** The user whose account it concerns. */
    readonly subjectId: UserId | null;
    readonly sessionId: SessionId | null;
    readonly origin: Origin;
  };
}[T];

/** An event to record by the statement that knows the rest of its data. */
export interface DraftEvent<T extends EventType = EventType> extends Omit<NewEvent, 'type' | 'data'> {
  readonly type: T;
  readonly data: EventFacts;
}

/** A recorded event, as published. */
export type RecordedEvent<T extends EventType = EventType> = {
  readonly [K in T]: {
    readonly id: EventId;
    readonly type: K;
    readonly data: EventData[K];
    readonly occurredAt: Date;
  };
}[T];

/**
 * Creates an event caused by `actor`. Its session is `data.sessionId`, or else the actor's; its subject is `subjectId`,
 * or else `data.userId`.
 */
export function eventBy<T extends EventType>(
  actor: Actor,
  type: T,
  data: EventData[T],
  subjectId?: UserId | null,
): NewEvent<T> {
  return { type, data: withClient(data, actor), ...partiesOf(actor, data, subjectId) };
}

/** As `eventBy`, without the part of the data that the statement adds which records it. */
export function draftBy<T extends EventType>(actor: Actor, type: T, data: EventFacts): DraftEvent<T> {
  return { type, data: withClient(data, actor), ...partiesOf(actor, data) };
}

/** The log tells what a service client did for a user from what the user did. */
function withClient<Data extends object>(data: Data, { clientId }: Actor): Data {
  return clientId === undefined ? data : { ...data, clientId };
}

function partiesOf(actor: Actor, named: EventFacts, subjectId?: UserId | null) {
  return {
    actorId: actor.userId,
    subjectId: subjectId ?? named.userId ?? null,
    sessionId: named.sessionId ?? actor.sessionId ?? null,
    origin: actor.origin,
  };
}

/** Whether somebody else than the user caused an event, or a service client for them. From where is not the user's to know. */
export function isByOther(
  { actorId, data }: { readonly actorId: string | null; readonly data: object },
  userId: string | null,
): boolean {
  return (actorId !== null && actorId !== userId) || 'clientId' in data;
}

/** The fields that say where the actor of an event was. The session is the actor's, unless the event is about one: see `eventBy`. */
export function actorFieldsOf({ data }: { readonly data: object }) {
  const fields = ['requestId', 'ipAddress', 'userAgent'] as const;
  return 'sessionId' in data ? fields : ([...fields, 'sessionId'] as const);
}

/** The revocation that an event implies, or null. */
export function revocationOf<T extends EventType>(
  catalogue: EventCatalogue,
  event: RecordedEvent<T>,
): Revocation | null {
  return catalogue[event.type].revokes?.(event.data) ?? null;
}
