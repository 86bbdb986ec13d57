import type { EventType } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import type { AuditEvent } from './audit-event.ts';

/** Which events to list: every condition that is not null must hold. */
export interface AuditFilter {
  readonly subjectId: UserId | null;
  readonly actorId: UserId | null;
  readonly types: readonly EventType[] | null;
  readonly since: Date | null;
  /** The first time that does not match. */
  readonly until: Date | null;
}

/** Reads the audit log, and deletes what is old. Events are written by the event log. */
export interface AuditStore {
  /** Up to `page.first + 1` events that match the filter, newest first; the last tells that there are more. */
  list(filter: AuditFilter, page: PageRequest): Promise<AuditEvent[]>;
  count(filter: AuditFilter): Promise<number>;
  /** Deletes up to `limit` events that are older than `seconds`, within a transaction. */
  purge(seconds: number, limit: number): Promise<number>;
}
