import type { SessionId, UserId } from './ids.ts';
import type { JsonValue } from './json.ts';
import type { Revocation } from './revocation.ts';

/** What `sessionRevision` is in the data of the events that have it, for the documentation. */
export const SESSION_REVISION = 'number of the last change of the session: see [Order](#order)';

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

/** Names of the facts that differ from type to type: the user and the session mean the same everywhere. */
type FactName<Data> = Exclude<NamedFact<Data>, 'userId' | 'sessionId'>;
type NamedFact<Data> = Data extends unknown
  ? keyof { [Name in keyof Data as string extends Name ? never : Name]: unknown }
  : never;

/** For the documentation, which `npm run event-docs` generates. */
type Documented<Data> = { readonly description: string } & ([FactName<Data>] extends [never]
  ? { readonly facts?: never }
  : { readonly facts: { readonly [Name in FactName<Data>]: string } });

/** Documentation, outcome, retention and channels of an event type. */
export interface EventKind<Data extends EventFacts> {
  /** What happened, in Markdown. */
  readonly description: string;
  /** What each fact of its data is, in Markdown; without the user and the session. */
  readonly facts: Readonly<Record<string, string>>;
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

/** An event type that is kept in the audit log. The user whose account it concerns may read its data. */
export function auditEvent<Data extends EventFacts>(
  options: Documented<Data> &
    Partial<Pick<EventKind<Data>, 'outcome' | 'channel' | 'streamedTo' | 'revokes'>>,
): EventKind<Data> {
  return { outcome: 'SUCCESS', channel: null, ...options, facts: options.facts ?? {}, kept: true };
}

/** An event type that is deleted once published. It cannot revoke, since revocations are read from the audit log. */
export function transientEvent<Data extends EventFacts>(
  options: Documented<Data> & Pick<EventKind<Data>, 'streamedTo'> & { readonly channel: string },
): EventKind<Data> {
  return { outcome: 'SUCCESS', kept: false, ...options, facts: options.facts ?? {} };
}

/** Whether events of this kind are published, and so need an outbox row. */
export function isPublished({ channel, streamedTo, revokes }: EventKind<never>): boolean {
  return channel !== null || streamedTo !== undefined || revokes !== undefined;
}

/** The data of each event type in `Kinds`. */
export type DataOf<Kinds> = {
  readonly [T in keyof Kinds]: Kinds[T] extends EventKind<infer Data> ? Data : never;
};
