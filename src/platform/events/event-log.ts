import { EntitySchema } from 'typeorm';
import { UnavailableError } from '../../core/errors.ts';
import { type EventFacts, isPublished } from '../../core/event-kind.ts';
import type { DraftEvent, EventCatalogue, EventType, NewEvent, RecordedEvent } from '../../core/events.ts';
import { type EventId, newId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EventLog } from '../../core/ports.ts';
import type { Database } from '../database/database.ts';
import { INSERT } from './event-statements.ts';
import { RefusalCounts } from './refusal-counts.ts';

export { recordingChange } from './event-statements.ts';

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

/** What a statement of `recordingChange` returns beside the changed row. */
interface Recorded {
  readonly recorded_at: Date;
  readonly recorded_facts: EventFacts;
}

type IdentifiedEvent = NewEvent & { readonly id: EventId };

interface Dependencies {
  readonly database: Database;
  readonly catalogue: EventCatalogue;
  /** Called in order with the events of a transaction, within it. */
  readonly onRecorded: readonly ((events: readonly NewEvent[]) => Promise<void>)[];
  /** Called in order with the events of a transaction after its commit. */
  readonly onCommitted: readonly ((events: readonly RecordedEvent[]) => void)[];
  /** Called where it is not known whether a transaction with events has committed. */
  readonly onUncertain: () => void;
}

/** Stores events in Postgres: `events` rows are the audit log, `event_outbox` rows the events to publish. */
export class DatabaseEventLog implements EventLog {
  readonly #database: Database;
  readonly #catalogue: EventCatalogue;
  readonly #onRecorded: Dependencies['onRecorded'];
  readonly #onCommitted: Dependencies['onCommitted'];
  readonly #onUncertain: Dependencies['onUncertain'];
  readonly #refusals = new RefusalCounts();

  constructor({ database, catalogue, onRecorded, onCommitted, onUncertain }: Dependencies) {
    this.#database = database;
    this.#catalogue = catalogue;
    this.#onRecorded = onRecorded;
    this.#onCommitted = onCommitted;
    this.#onUncertain = onUncertain;
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
    this.#database.ifUncertain(this.#onUncertain);
    for (const listener of this.#onCommitted) this.#database.afterCommit(() => listener(recorded));
  }

  /**
   * Runs a statement of `recordingChange`, which adds its facts to the data of the event. Returns the changed row; null, and
   * nothing is recorded, if there is none.
   */
  async recordWith<Row extends object>(
    statement: string,
    parameters: readonly unknown[],
    draft: DraftEvent,
  ): Promise<Row | null> {
    const identified = { ...draft, id: newId<EventId>() };
    const row = await this.#change<Row>(statement, [...parameters, this.#rowsOf([identified])]);
    if (row === undefined) return null;
    const { recorded_at: recordedAt, recorded_facts: facts, ...changed } = row;
    const event = { ...identified, data: { ...identified.data, ...facts } } as IdentifiedEvent;
    this.#announce([event], recordedAt);
    return changed as unknown as Row;
  }

  async #change<Row>(statement: string, parameters: readonly unknown[]) {
    try {
      const [row] = await this.#database.query<Row & Recorded>(statement, parameters);
      return row;
    } catch (error) {
      // A statement of its own is its own transaction.
      if (error instanceof UnavailableError) this.#onUncertain();
      throw error;
    }
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
