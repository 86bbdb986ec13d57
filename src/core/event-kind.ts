import type { SessionId, UserId } from './ids.ts';
import type { JsonValue } from './json.ts';
import type { Revocation } from './revocation.ts';

/** Data of an event, as stored and published: a few small values, never a secret. */
export interface EventFacts {
  /** The user whose account it concerns. */
  readonly userId?: UserId;
  /** The session that it concerns. */
  readonly sessionId?: SessionId;
  readonly [name: string]: JsonValue;
}

/** The data of an event type without data. */
export type NoFacts = Readonly<Record<string, never>>;

/** Outcome, retention and channels of an event type. */
export interface EventKind<Data extends EventFacts> {
  readonly outcome: 'SUCCESS' | 'FAILURE';
  /** Whether the row is kept as an audit log entry; other rows are deleted once published. */
  readonly kept: boolean;
  /** The Redis channel on which it is published, or null. */
  readonly channel: string | null;
  /** The user to whose session streams it is published, and to those of all sessions. */
  readonly streamedTo?: (data: Data) => UserId;
  /** The revocation: published to token verifiers, and read from the audit log while Redis is unavailable. */
  readonly revokes?: (data: Data) => Revocation;
}

/** An event type that is kept in the audit log. */
export function auditEvent<Data extends EventFacts>(
  options: Partial<Omit<EventKind<Data>, 'kept'>> = {},
): EventKind<Data> {
  return { outcome: 'SUCCESS', channel: null, ...options, kept: true };
}

/** An event type that is deleted once published. It cannot revoke, since revocations are read from the audit log. */
export function transientEvent<Data extends EventFacts>(
  options: Pick<EventKind<Data>, 'streamedTo'> & { readonly channel: string },
): EventKind<Data> {
  return { outcome: 'SUCCESS', kept: false, ...options };
}

/** Whether events of this kind are published, and so need an outbox row. */
export function isPublished({ channel, streamedTo, revokes }: EventKind<never>): boolean {
  return channel !== null || streamedTo !== undefined || revokes !== undefined;
}

/** The data of each event type in `Kinds`. */
export type DataOf<Kinds> = {
  readonly [T in keyof Kinds]: Kinds[T] extends EventKind<infer Data> ? Data : never;
};
