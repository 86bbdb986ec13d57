import { actorFieldsOf, type EventType, isByOther } from '../../core/events.ts';
import type { EventId, SessionId, UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import { holds, type Reader, userIdOf } from '../../core/principal.ts';

export type AuditOutcome = 'SUCCESS' | 'FAILURE';

/** An entry of the audit log. */
export interface AuditEvent {
  readonly id: EventId;
  readonly type: EventType;
  readonly outcome: AuditOutcome;
  readonly actorId: UserId | null;
  readonly subjectId: UserId | null;
  readonly sessionId: SessionId | null;
  readonly requestId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly data: Readonly<Record<string, JsonValue>>;
  readonly occurredAt: Date;
}

/**
 * The event as `reader` may see it. Owners see what was done to their account and by whom, but not from where an administrator
 * or a service client did it.
 */
export function asSeenBy(reader: Reader, event: AuditEvent): AuditEvent {
  if (!isByOther(event, userIdOf(reader)) || holds(reader, 'audit:read')) return event;
  return { ...event, ...Object.fromEntries(actorFieldsOf(event).map((field) => [field, null])) };
}
