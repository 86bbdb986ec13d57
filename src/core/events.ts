import type { EventId, SessionId, UserId } from './ids.ts';
import type { Origin } from './principal.ts';

interface EventKind {
  /** Kept as an entry of the audit log. Others go once they are published. */
  readonly kept: boolean;
  /** The Redis channel that carries it, or null for what is told to nobody. */
  readonly channel: string | null;
  /** Told to those who watch the sessions of its user, and of everyone. */
  readonly streamed?: true;
  /** Told to those who check access tokens. */
  readonly revokes?: 'session' | 'personal_access_token' | 'user';
}

/** Every type of event, and what becomes of it. This is the list that `AuthEvent.type` speaks of. */
export const eventCatalogue = {
  'user.registered': { kept: true, channel: 'auth:user.registered' },
  'user.login': { kept: true, channel: 'auth:user.login' },
  'user.login_failed': { kept: true, channel: null },
  'user.logout': { kept: true, channel: 'auth:user.logout' },
  'user.profile_updated': { kept: true, channel: null },
  'user.roles_changed': { kept: true, channel: null, revokes: 'user' },
  'user.password_changed': { kept: true, channel: null },
  'user.password_check_failed': { kept: true, channel: null },
  'session.created': { kept: true, channel: 'auth:session.created', streamed: true },
  'session.terminated': {
    kept: true,
    channel: 'auth:session.terminated',
    streamed: true,
    revokes: 'session',
  },
  'sessions.bulk_terminated': { kept: true, channel: 'auth:sessions.bulk_terminated' },
  'session.activity_updated': { kept: false, channel: 'auth:session.activity_updated', streamed: true },
  'session.deleted': { kept: true, channel: 'auth:session.deleted' },
  'session.refresh_token_reused': { kept: true, channel: null },
  'token.refresh_repeated': { kept: true, channel: null },
  'token.refresh_refused': { kept: true, channel: null },
  'token.refreshed': { kept: false, channel: 'auth:token.refreshed', streamed: true },
  'personal_access_token.created': { kept: true, channel: null },
  'personal_access_token.rotated': { kept: true, channel: null },
  'personal_access_token.revoked': { kept: true, channel: null, revokes: 'personal_access_token' },
  'personal_access_token.reused': { kept: true, channel: null },
  'access.denied': { kept: true, channel: null },
} as const satisfies Record<string, EventKind>;

export type EventType = keyof typeof eventCatalogue;

export function kindOf(type: EventType): EventKind {
  return eventCatalogue[type];
}

/** Is anybody told of it? */
export function isPublished(type: EventType): boolean {
  const { channel, revokes } = kindOf(type);
  return channel !== null || revokes !== undefined;
}

export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** Something that happened, as it is recorded. `data` holds small facts, never a secret. */
export interface NewEvent {
  readonly type: EventType;
  readonly outcome: 'SUCCESS' | 'FAILURE';
  /** Who did it; null for the system or someone unknown. */
  readonly actorId: UserId | null;
  /** Whose account it concerns. */
  readonly subjectId: UserId | null;
  readonly sessionId: SessionId | null;
  readonly origin: Origin;
  readonly data: { readonly [key: string]: JsonValue };
}

/** An event that has been recorded: what its messages are made of. */
export interface RecordedEvent extends Pick<NewEvent, 'type' | 'data'> {
  readonly id: EventId;
  readonly occurredAt: Date;
}
