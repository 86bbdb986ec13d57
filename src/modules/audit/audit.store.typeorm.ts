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
   * Reads the latest of each type by an index, and of these the latest: so each page costs the same, however many events of
   * other types an account has. The statements differ by which conditions there are, five in all.
   */
  list(filter: AuditFilter, { first, after }: PageRequest): Promise<AuditEvent[]> {
    const { columns } = this.#events;
    const parameters = [...rangeOf(filter, after), first + 1];
    const order = 'ORDER BY occurred_at DESC, id DESC LIMIT $4';
    const { subjectId, actorId, types } = filter;
    if (subjectId === null && actorId === null && types === null)
      return this.#events.rows(`SELECT ${columns} FROM events WHERE kept AND ${RANGE} ${order}`, parameters);
    parameters.push(types ?? this.#types);
    const conditions = ['kept', 'type = wanted_type', ...usersOf(filter, parameters), RANGE];
    return this.#events.rows(
      `SELECT ${columns} FROM unnest($5::text[]) AS wanted (wanted_type), LATERAL (
         SELECT * FROM events WHERE ${conditions.join(' AND ')} ${order}
       ) AS events ${order}`,
      parameters,
    );
  }

  async count(filter: AuditFilter): Promise<number> {
    const parameters: unknown[] = rangeOf(filter, null);
    const conditions = ['kept', RANGE, ...usersOf(filter, parameters)];
    if (filter.types !== null) conditions.push(`type = ANY($${parameters.push(filter.types)})`);
    const sql = `SELECT count(*)::int AS count FROM events WHERE ${conditions.join(' AND ')}`;
    const [row] = await this.#database.query<{ count: number }>(sql, parameters);
    return row?.count ?? 0;
  }

  async purge(seconds: number, limit: number): Promise<number> {
    // Until the end of this transaction the log is not append-only for what is old.
    await this.#database.requireTransaction("SELECT set_config('latchkey.retention', 'on', true)");
    // Without locking the rows first, for which the role of the app would need the right to change them.
    const purged = await this.#database.query(
      `DELETE FROM events WHERE id IN (
         SELECT id FROM events WHERE kept AND occurred_at < now() - make_interval(secs => $1)
         ORDER BY occurred_at, id LIMIT $2) RETURNING id`,
      [seconds, limit],
    );
    return purged.length;
  }
}

/** By the parameters of `rangeOf`. */
const RANGE = 'occurred_at >= $1::timestamptz AND (occurred_at, id) < ($2::timestamptz, $3::uuid)';

function rangeOf({ since, until }: AuditFilter, after: PageRequest['after']): unknown[] {
  const from = since ?? '-infinity';
  if (after !== null && (until === null || after.at < until)) return [from, after.at, after.id];
  return until === null ? [from, 'infinity', LAST_ID] : [from, until, FIRST_ID];
}

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
