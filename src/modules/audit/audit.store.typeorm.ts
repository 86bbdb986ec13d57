import type { EventType } from '../../core/events.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Database } from '../../platform/database/database.ts';
import { type ReadAt, Table } from '../../platform/database/table.ts';
import { EventEntity, type EventRow } from '../../platform/events/event-log.ts';
import type { AuditFilter, AuditStore } from './audit.store.ts';
import type { AuditEvent } from './audit-event.ts';

const FIRST_ID = '00000000-0000-0000-0000-000000000000';
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** The audit log in Postgres: the events that are kept. */
export class TypeOrmAuditStore implements AuditStore {
  readonly #database: Database;
  readonly #events: Table<EventRow, AuditEvent>;
  readonly #types: readonly EventType[];

  /** `types`: all that the audit log may hold. */
  constructor(database: Database, types: readonly EventType[]) {
    this.#database = database;
    this.#events = new Table<EventRow, AuditEvent>(database, EventEntity, toAuditEvent);
    this.#types = types;
  }

  /**
   * Each page costs about the same, however many events an account has that do not match: what matches is contiguous in an
   * index. Of several types, the latest of each are read. The statements differ by which conditions there are, six in all.
   */
  list(filter: AuditFilter, { first, after }: PageRequest): Promise<AuditEvent[]> {
    const { subjectId, actorId, types } = filter;
    const parameters = [...rangeOf(filter, after), first + 1];
    const where = ['kept', RANGE];
    if (isOfAll(filter)) return this.#latest(where, parameters);
    parameters.push(types ?? this.#types);
    where.push(...usersOf(filter, parameters));
    if (subjectId === null || actorId === null) return this.#latestOfEachType(where, parameters);
    // What a user did to their own account is most of what happened to it.
    if (subjectId === actorId) return this.#latestOfEachType(where, parameters);
    return this.#latest([...where, 'actor_id <> subject_id', 'type = ANY($5)'], parameters);
  }

  #latest(where: readonly string[], parameters: readonly unknown[]): Promise<AuditEvent[]> {
    return this.#events.rows(
      `SELECT ${this.#events.columns} FROM events WHERE ${where.join(' AND ')} ${LATEST}`,
      parameters,
    );
  }

  #latestOfEachType(where: readonly string[], parameters: readonly unknown[]): Promise<AuditEvent[]> {
    return this.#events.rows(
      `SELECT ${this.#events.columns} FROM unnest($5::text[]) AS wanted (wanted_type), LATERAL (
         SELECT * FROM events WHERE type = wanted_type AND ${where.join(' AND ')} ${LATEST}
       ) AS events ${LATEST}`,
      parameters,
    );
  }

  count(filter: AuditFilter): Promise<number> {
    const parameters: unknown[] = rangeOf(filter, null);
    const conditions = ['kept', RANGE, ...usersOf(filter, parameters)];
    if (!isOfAll(filter)) conditions.push(`type = ANY($${parameters.push(filter.types ?? this.#types)})`);
    return this.#events.count(conditions.join(' AND '), parameters);
  }

  async purge(seconds: number, limit: number): Promise<number> {
    // Until the end of this transaction the log is not append-only for what is old.
    await this.#database.requireTransaction("SELECT set_config('latchkey.retention', 'on', true)");
    // Without locking the rows first, for which the role of the app would need the right to change them. What is still to be
    // published stays: its mark would go with it, and may be held by a relay.
    const purged = await this.#database.query(
      `DELETE FROM events WHERE id IN (
         SELECT id FROM events WHERE kept AND occurred_at < now() - make_interval(secs => $1)
           AND NOT EXISTS (SELECT FROM event_outbox WHERE event_id = events.id)
         ORDER BY occurred_at, id LIMIT $2) RETURNING id`,
      [seconds, limit],
    );
    return purged.length;
  }
}

const LATEST = 'ORDER BY occurred_at DESC, id DESC LIMIT $4';

/** By the parameters of `rangeOf`. */
const RANGE = 'occurred_at >= $1::timestamptz AND (occurred_at, id) < ($2::timestamptz, $3::uuid)';

function rangeOf({ since, until }: AuditFilter, after: PageRequest['after']): unknown[] {
  const from = since ?? '-infinity';
  if (after !== null && (until === null || after.at < until)) return [from, after.at, after.id];
  return until === null ? [from, 'infinity', LAST_ID] : [from, until, FIRST_ID];
}

const isOfAll = ({ subjectId, actorId, types }: AuditFilter) =>
  subjectId === null && actorId === null && types === null;

/** The conditions on users, whose ids are added to the parameters. */
function usersOf({ subjectId, actorId }: AuditFilter, parameters: unknown[]): string[] {
  const conditions: string[] = [];
  if (subjectId !== null) conditions.push(`subject_id = $${parameters.push(subjectId)}`);
  if (actorId !== null) conditions.push(`actor_id = $${parameters.push(actorId)}`);
  return conditions;
}

function toAuditEvent({ kept: _kept, readAt: _readAt, ...event }: EventRow & ReadAt): AuditEvent {
  return event as AuditEvent;
}
