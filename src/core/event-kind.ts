import type { SessionId, UserId } from './ids.ts';
import type { JsonValue } from './json.ts';
import type { Revocation } from './revocation.ts';

/** Small facts about an event, as they are stored and published: never a secret. */
export interface EventFacts {
  /** Whose account it concerns. */
  readonly userId?: UserId;
  /** Which session it concerns. */
  readonly sessionId?: SessionId;
  readonly [name: string]: JsonValue;
}

/** For a type of event that needs no data. */
export type NoFacts = Readonly<Record<string, never>>;

/** What becomes of the events of one type. */
export interface EventKind<Data extends EventFacts> {
  readonly outcome: 'SUCCESS' | 'FAILURE';
  /** Whether the row stays, as an entry of the audit log. Other rows are deleted once published. */
  readonly kept: boolean;
  /** The Redis channel of the type; null if it has none. */
  readonly channel: string | null;
  /** The user whose session streams carry it, as do the streams of all sessions. */
  readonly streamedTo?: (data: Data) => UserId;
  /** What it revokes: published to those who check access tokens, and read from the audit log while Redis is away. */
  readonly revokes?: (data: Data) => Revocation;
}

/** A type of event that the audit log keeps. */
export function auditEvent<Data extends EventFacts>(
  options: Partial<Omit<EventKind<Data>, 'kept'>> = {},
): EventKind<Data> {
  return { outcome: 'SUCCESS', channel: null, ...options, kept: true };
}

/** A type of event that is deleted once published. It revokes nothing, since the audit log would not show it. */
export function transientEvent<Data extends EventFacts>(
  options: Pick<EventKind<Data>, 'streamedTo'> & { readonly channel: string },
): EventKind<Data> {
  return { outcome: 'SUCCESS', kept: false, ...options };
}

/** Whether events of this kind are published, and so need an outbox row. */
export function isPublished({ channel, streamedTo, revokes }: EventKind<never>): boolean {
  return channel !== null || streamedTo !== undefined || revokes !== undefined;
}

/** The data of each type of event in `Kinds`. */
export type DataOf<Kinds> = {
  readonly [T in keyof Kinds]: Kinds[T] extends EventKind<infer Data> ? Data : never;
};
