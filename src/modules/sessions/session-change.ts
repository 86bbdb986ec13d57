import type { Position } from '../../core/event-bus.ts';
import type { EventType } from '../../core/events.ts';
import { type EventId, parseId, type SessionId, type UserId } from '../../core/ids.ts';

export type SessionChangeKind =
  | 'CREATED'
  | 'REFRESHED'
  | 'ACTIVITY'
  | 'ENDED'
  | 'CREDENTIAL_EXPIRED'
  | 'CREDENTIAL_INVALID'
  | 'CREDENTIAL_UNVERIFIED';

/** One message of a stream. */
export interface SessionChange {
  readonly id: EventId;
  readonly kind: SessionChangeKind;
  readonly userId: UserId | null;
  /** Null for a caller without a session, and for a credential that could not be verified. */
  readonly sessionId: SessionId | null;
  readonly occurredAt: Date;
  /** The number of the change among those of its session; null as `position`, and where a previous release has recorded it. */
  readonly revision: number | null;
  /** Null for the last change of a stream, and where an instance of a previous release has published it. */
  readonly position: Position | null;
}

const KINDS: ReadonlyMap<unknown, SessionChangeKind> = new Map<EventType, SessionChangeKind>([
  ['session.created', 'CREATED'],
  ['token.refreshed', 'REFRESHED'],
  ['session.activity_updated', 'ACTIVITY'],
  ['session.terminated', 'ENDED'],
]);

const parsed = new WeakMap<object, SessionChange | null>();

/** The change reported by a bus message; null if it is not about a session. One object for all streams of a message. */
export function sessionChangeOf(payload: unknown): SessionChange | null {
  if (typeof payload !== 'object' || payload === null) return null;
  const known = parsed.get(payload);
  if (known !== undefined) return known;
  const change = parseSessionChange(payload);
  parsed.set(payload, change);
  return change;
}

function parseSessionChange(payload: object): SessionChange | null {
  const message = payload as {
    id?: unknown;
    type?: unknown;
    occurredAt?: unknown;
    position?: unknown;
    data?: Record<string, unknown>;
  } | null;
  const kind = KINDS.get(message?.type);
  const id = parseId<EventId>(message?.id);
  const userId = parseId<UserId>(message?.data?.['userId']);
  const sessionId = parseId<SessionId>(message?.data?.['sessionId']);
  if (kind === undefined || id === null || userId === null || sessionId === null) return null;
  const revision = numberIn(message?.data?.['sessionRevision']);
  const occurredAt = new Date(String(message?.occurredAt));
  return { id, kind, userId, sessionId, occurredAt, revision, position: numberIn(message?.position) };
}

const numberIn = (value: unknown) => (typeof value === 'number' ? value : null);
