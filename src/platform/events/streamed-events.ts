import { setTimeout as delay } from 'node:timers/promises';
import { EntitySchema } from 'typeorm';
import type { Position } from '../../core/event-bus.ts';
import { type EventReplay, REPLAY_SECONDS, type ReplayedEvent } from '../../core/event-replay.ts';
import type { EventCatalogue, RecordedEvent } from '../../core/events.ts';
import type { EventId, UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { Database } from '../database/database.ts';

/** An event that was published to session streams. */
interface StreamedEventRow {
  readonly eventId: EventId;
  readonly position: string;
  readonly userId: UserId;
  readonly type: string;
  readonly data: { readonly [name: string]: JsonValue };
  readonly occurredAt: Date;
}

export const StreamedEventEntity = new EntitySchema<StreamedEventRow>({
  name: 'StreamedEvent',
  tableName: 'streamed_events',
  columns: {
    eventId: {
      name: 'event_id',
      type: 'uuid',
      primary: true,
      primaryKeyConstraintName: 'streamed_events_pkey',
    },
    position: { type: 'bigint' },
    userId: { name: 'user_id', type: 'uuid' },
    type: { type: 'text' },
    data: { type: 'jsonb' },
    occurredAt: { name: 'occurred_at', type: 'timestamptz', precision: 3 },
  },
  indices: [
    { name: 'streamed_events_position_idx', columns: ['position'] },
    { name: 'streamed_events_user_idx', columns: ['userId', 'position'] },
  ],
});

/** A published event, and where. */
export interface PublishedEvent {
  readonly event: RecordedEvent;
  readonly position: Position;
}

/** Interval of looking whether published events are recorded, in milliseconds. */
const POLL_MS = 25;

/**
 * Maximum wait for that, in milliseconds: longer than a statement may take. Events that are still in the outbox then are
 * published later.
 */
const MAX_WAIT_MS = 3_000;

/** Events are kept for twice as long as they are offered: clocks differ. */
const RETENTION_SECONDS = 2 * REPLAY_SECONDS;

/** The events that were published to session streams in the last minutes, in the order of their publication. */
export class StreamedEvents implements EventReplay {
  readonly #database: Database;
  readonly #catalogue: EventCatalogue;

  constructor(database: Database, catalogue: EventCatalogue) {
    this.#database = database;
    this.#catalogue = catalogue;
  }

  /** Records the publication of events: deletes their outbox rows, and events that are not kept. */
  async record(published: readonly PublishedEvent[]): Promise<void> {
    const ids = published.map(({ event }) => event.id);
    await this.#database.query(RECORD, [ids, JSON.stringify(published.flatMap(this.#rowOf))]);
  }

  readonly #rowOf = <T extends PublishedEvent>({ event, position }: T): object[] => {
    const { id, type, data, occurredAt } = event;
    const userId = streamedTo(this.#catalogue, event);
    return userId === null
      ? []
      : [{ event_id: id, position, user_id: userId, type, data, occurred_at: occurredAt }];
  };

  async positionOf(id: EventId): Promise<Position | null> {
    const known = await this.#find(id);
    if (known !== null) return known;
    await this.recorded();
    return this.#find(id);
  }

  async #find(id: EventId): Promise<Position | null> {
    const sql = 'SELECT position FROM streamed_events WHERE event_id = $1';
    const [row] = await this.#database.query<{ position: string }>(sql, [id]);
    return row === undefined ? null : Number(row.position);
  }

  async recorded(): Promise<void> {
    const [last] = await this.#database.query<{ sequence: string | null }>(LAST_MARK);
    if (last?.sequence == null) return;
    for (let waited = 0; waited < MAX_WAIT_MS; waited += POLL_MS) {
      await delay(POLL_MS);
      const left = await this.#database.query(MARK_UP_TO, [last.sequence]);
      if (left.length === 0) return;
    }
  }

  async list(
    userId: UserId | null,
    after: Position,
    upTo: Position,
    limit: number,
  ): Promise<ReplayedEvent[]> {
    const rows = await (userId === null
      ? this.#database.query<StreamedEventRow>(LIST_ALL, [after, upTo, limit])
      : this.#database.query<StreamedEventRow>(LIST_OF_USER, [after, upTo, limit, userId]));
    return rows.map(({ eventId, position, type, data, occurredAt }) => ({
      id: eventId,
      type,
      occurredAt: occurredAt.toISOString(),
      data,
      position: Number(position),
    }));
  }

  /** Deletes up to `limit` events that are no longer replayed, and returns their number. */
  async purge(limit: number): Promise<number> {
    return (await this.#database.query(PURGE, [RETENTION_SECONDS, limit])).length;
  }
}

function streamedTo<T extends RecordedEvent['type']>(
  catalogue: EventCatalogue,
  event: RecordedEvent<T>,
): UserId | null {
  return catalogue[event.type].streamedTo?.(event.data) ?? null;
}

/** In one statement, so that an event is always either in the outbox or recorded. One that was published again keeps its first position. */
const RECORD = `
  WITH marks AS (DELETE FROM event_outbox WHERE event_id = ANY($1)),
    transient AS (DELETE FROM events WHERE id = ANY($1) AND NOT kept)
  INSERT INTO streamed_events (event_id, position, user_id, type, data, occurred_at)
  SELECT event_id, position, user_id, type, data, occurred_at FROM jsonb_to_recordset($2) AS event (
    event_id uuid, position bigint, user_id uuid, type text, data jsonb, occurred_at timestamptz)
  ON CONFLICT (event_id) DO NOTHING`;

const LAST_MARK = 'SELECT max(sequence) AS sequence FROM event_outbox';

const MARK_UP_TO = 'SELECT FROM event_outbox WHERE sequence <= $1 LIMIT 1';

const list = (condition: string) => `
  SELECT event_id AS "eventId", position, type, data, occurred_at AS "occurredAt" FROM streamed_events
  WHERE position > $1 AND position <= $2 ${condition} ORDER BY position LIMIT $3`;

const LIST_ALL = list('');
const LIST_OF_USER = list('AND user_id = $4');

const PURGE = `
  DELETE FROM streamed_events WHERE event_id IN (
    SELECT event_id FROM streamed_events WHERE position < (extract(epoch FROM now()) - $1) * 1000000
    ORDER BY position LIMIT $2)
  RETURNING event_id`;
