import { EntitySchema } from 'typeorm';
import { type EventFacts, isPublished } from '../../core/event-kind.ts';
import type { EventCatalogue, EventType, NewEvent, RecordedEvent } from '../../core/events.ts';
import { type EventId, newId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EventLog } from '../../core/ports.ts';
import type { Database } from '../database/database.ts';
import { RefusalCounts } from './refusal-counts.ts';

export interface EventRow {
  readonly id: EventId;
  readonly type: EventType;
  readonly outcome: 'SUCCESS' | 'FAILURE';
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly requestId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly data: Readonly<Record<string, JsonValue>>;
  readonly kept: boolean;
  readonly occurredAt: Date;
}

export const EventEntity = new EntitySchema<EventRow>({
  name: 'Event',
  tableName: 'events',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'events_pkey' },
    type: { type: 'text' },
    outcome: { type: 'text' },
    actorId: { name: 'actor_id', type: 'uuid', nullable: true },
    subjectId: { name: 'subject_id', type: 'uuid', nullable: true },
    sessionId: { name: 'session_id', type: 'uuid', nullable: true },
    requestId: { name: 'request_id', type: 'text', nullable: true },
    ipAddress: { name: 'ip_address', type: 'inet', nullable: true },
    userAgent: { name: 'user_agent', type: 'text', nullable: true },
    data: { type: 'jsonb', default: () => "'{}'" },
    kept: { type: 'boolean' },
    occurredAt: { name: 'occurred_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
  },
  indices: [
    { name: 'events_time_idx', columns: ['occurredAt', 'id'], where: 'kept' },
    { name: 'events_type_time_idx', columns: ['type', 'occurredAt', 'id'], where: 'kept' },
    { name: 'events_subject_type_idx', columns: ['subjectId', 'type', 'occurredAt', 'id'], where: 'kept' },
    { name: 'events_actor_type_idx', columns: ['actorId', 'type', 'occurredAt', 'id'], where: 'kept' },
    {
      name: 'events_subject_actor_idx',
      columns: ['subjectId', 'actorId', 'occurredAt', 'id'],
      where: 'kept AND actor_id <> subject_id',
    },
  ],
  checks: [{ name: 'events_outcome_check', expression: `outcome IN ('SUCCESS', 'FAILURE')` }],
});

/** An outbox row: an event that is not published yet. */
interface OutboxRow {
  readonly sequence: string;
  readonly eventId: EventId;
}

export const OutboxEntity = new EntitySchema<OutboxRow>({
  name: 'OutboxMark',
  tableName: 'event_outbox',
  columns: {
    sequence: {
      type: 'bigint',
      primary: true,
      primaryKeyConstraintName: 'event_outbox_pkey',
      generated: 'increment',
    },
    eventId: { name: 'event_id', type: 'uuid' },
  },
  indices: [{ name: 'event_outbox_event_id_idx', columns: ['eventId'], unique: true }],
  foreignKeys: [
    {
      name: 'event_outbox_event_id_fkey',
      target: 'Event',
      columnNames: ['eventId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

/** An event to write; the data of counted refusals also contains their `count`. */
export interface EventToWrite extends Omit<NewEvent, 'data'> {
  readonly data: EventFacts;
}

type IdentifiedEvent = NewEvent & { readonly id: EventId };

interface Dependencies {
  readonly database: Database;
  readonly catalogue: EventCatalogue;
  /** Called in order with the events of a transaction, within it. */
  readonly onRecorded: readonly ((events: readonly NewEvent[]) => Promise<void>)[];
  /** Called in order with the events of a transaction after its commit. */
  readonly onCommitted: readonly ((events: readonly RecordedEvent[]) => void)[];
}

/** Stores events in Postgres: `events` rows are the audit log, `event_outbox` rows the events to publish. */
export class DatabaseEventLog implements EventLog {
  readonly #database: Database;
  readonly #catalogue: EventCatalogue;
  readonly #onRecorded: Dependencies['onRecorded'];
  readonly #onCommitted: Dependencies['onCommitted'];
  readonly #refusals = new RefusalCounts();

  constructor({ database, catalogue, onRecorded, onCommitted }: Dependencies) {
    this.#database = database;
    this.#catalogue = catalogue;
    this.#onRecorded = onRecorded;
    this.#onCommitted = onCommitted;
  }

  async record(...events: readonly NewEvent[]): Promise<void> {
    if (events.length === 0) return;
    const named = events.map((event) => ({ ...event, id: newId<EventId>() }));
    this.#database.beforeCommit(this.#insert, named);
  }

  readonly #insert = async (events: readonly IdentifiedEvent[]): Promise<void> => {
    const [row] = await this.#database.query<{ at: Date }>(INSERT, [this.#rowsOf(events)]);
    if (row === undefined) throw new Error('INSERT returned no row');
    for (const listener of this.#onRecorded) await listener(events);
    this.#announce(events, row.at);
  };

  #announce(events: readonly IdentifiedEvent[], occurredAt: Date): void {
    const recorded = events.map((event) => ({ ...event, occurredAt }));
    for (const listener of this.#onCommitted) this.#database.afterCommit(() => listener(recorded));
  }

  /** Runs a statement of `recordingChange`. Returns the changed row; null, and nothing is recorded, if there is none. */
  async recordWith<Row extends object>(
    statement: string,
    parameters: readonly unknown[],
    event: NewEvent,
  ): Promise<Row | null> {
    const identified = { ...event, id: newId<EventId>() };
    const [row] = await this.#database.query<Row & { recorded_at: Date }>(statement, [
      ...parameters,
      this.#rowsOf([identified]),
    ]);
    if (row === undefined) return null;
    const { recorded_at: recordedAt, ...changed } = row;
    this.#announce([identified], recordedAt);
    return changed as unknown as Row;
  }

  countRefusal(event: NewEvent, times = 1): void {
    this.#refusals.add(event, times);
  }

  /** Writes the refusals counted by `countRefusal`. Call every minute and at shutdown. */
  async flushRefusals(): Promise<void> {
    const refusals = this.#refusals.take();
    if (refusals.length === 0) return;
    const rows = refusals.map(({ event, count }) => ({
      ...event,
      id: newId<EventId>(),
      data: { ...event.data, count },
    }));
    try {
      await this.#database.query(INSERT, [this.#rowsOf(rows)]);
    } catch (error) {
      for (const { event, count } of refusals) this.#refusals.add(event, count);
      throw error;
    }
  }

  #rowsOf(events: readonly (EventToWrite & { readonly id: EventId })[]): string {
    return JSON.stringify(
      events.map(({ id, type, actorId, subjectId, sessionId, origin, data }, position) => ({
        id,
        type,
        outcome: this.#catalogue[type].outcome,
        actor_id: actorId,
        subject_id: subjectId,
        session_id: sessionId,
        request_id: origin.requestId,
        ip_address: origin.ipAddress,
        user_agent: origin.userAgent,
        data,
        kept: this.#catalogue[type].kept,
        published: isPublished(this.#catalogue[type]),
        position,
      })),
    );
  }
}

/** Inserts any number of events, given as the JSON in `$position`, and their outbox rows. */
const insertions = (position: number, condition = 'true') => `given AS (
    SELECT * FROM jsonb_to_recordset($${position}) AS event (
      id uuid, type text, outcome text, actor_id uuid, subject_id uuid, session_id uuid, request_id text, ip_address inet,
      user_agent text, data jsonb, kept boolean, published boolean, position integer)
    WHERE ${condition}
  ), recorded AS (
    INSERT INTO events (id, type, outcome, actor_id, subject_id, session_id, request_id, ip_address, user_agent, data, kept)
    SELECT id, type, outcome, actor_id, subject_id, session_id, request_id, ip_address, user_agent, data, kept FROM given
  ), marked AS (
    INSERT INTO event_outbox (event_id) SELECT id FROM given WHERE published ORDER BY position
  )`;

const INSERT = `WITH ${insertions(1)} SELECT now()::timestamptz(3) AS at`;

/**
 * The statement that runs `change`, an UPDATE of at most one row with so many parameters and its columns listed after
 * RETURNING, and records an event if it changes the row.
 */
export const recordingChange = (change: string, parameterCount: number) =>
  `WITH change AS (${change}), ${insertions(parameterCount + 1, 'EXISTS (SELECT FROM change)')}
  SELECT change.*, now()::timestamptz(3) AS recorded_at FROM change`;
