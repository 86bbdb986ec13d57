import { setTimeout as delay } from 'node:timers/promises';
import { UnavailableError } from '../../core/errors.ts';
import type { Position } from '../../core/event-bus.ts';
import { type EventReplay, REPLAY_SECONDS, type ReplayedEvent } from '../../core/event-replay.ts';
import type { EventCatalogue, EventType, RecordedEvent } from '../../core/events.ts';
import type { EventId, UserId } from '../../core/ids.ts';
import type { Database } from '../database/database.ts';
import type { StreamedEventRow } from './streamed-event.entity.ts';

/** A published event, and where. */
export interface PublishedEvent {
  readonly event: RecordedEvent;
  readonly position: Position;
}

/** Interval of looking whether publications are recorded, in milliseconds. */
const POLL_MS = 25;

/** Events are kept for twice as long as they are offered: clocks differ. */
const RETENTION_SECONDS = 2 * REPLAY_SECONDS;

interface Options {
  readonly database: Database;
  readonly catalogue: EventCatalogue;
  /** How long a statement may take, with its connection. */
  readonly statementTimeoutMs: number;
}

/** Who waits until the publications up to an outbox row are recorded. */
interface Waiter {
  /** Null before the outbox was read for it. */
  upTo: number | null;
  readonly givesUpAt: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** The events that were published to session streams in the last minutes, in the order of their publication. */
export class StreamedEvents implements EventReplay {
  readonly #database: Database;
  readonly #catalogue: EventCatalogue;
  readonly #maxWaitMs: number;
  #waiters: Waiter[] = [];
  #polling = false;

  constructor({ database, catalogue, statementTimeoutMs }: Options) {
    this.#database = database;
    this.#catalogue = catalogue;
    // A publication and its recording may each wait for a connection and a statement.
    this.#maxWaitMs = 2 * statementTimeoutMs + 1_000;
  }

  /**
   * Deletes the outbox rows of published events, and events that are not kept, and keeps those of session streams. Passes over
   * events whose outbox rows another relay holds.
   */
  async recordPublications(published: readonly PublishedEvent[]): Promise<void> {
    const ids = published.map(({ event }) => event.id);
    const rows = published.flatMap(({ event, position }) => this.#rowOf(event, position));
    await this.#database.query(RECORD, [ids, JSON.stringify(rows)]);
  }

  #rowOf<T extends EventType>(event: RecordedEvent<T>, position: Position): object[] {
    const { id, type, data, occurredAt } = event;
    const userId = this.#catalogue[type].streamedTo?.(data);
    return userId === undefined
      ? []
      : [{ event_id: id, position, user_id: userId, type, data, occurred_at: occurredAt }];
  }

  async positionOf(id: EventId): Promise<Position | null> {
    const known = await this.#find(id);
    if (known.position !== null || !known.isPending) return known.position;
    await this.publicationsRecorded();
    return (await this.#find(id)).position;
  }

  async #find(id: EventId): Promise<{ position: Position | null; isPending: boolean }> {
    const [row] = await this.#database.query<{ position: string | null; isPending: boolean }>(FIND, [id]);
    return {
      position: row?.position == null ? null : Number(row.position),
      isPending: row?.isPending ?? false,
    };
  }

  publicationsRecorded(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiters.push({ upTo: null, givesUpAt: performance.now() + this.#maxWaitMs, resolve, reject });
      void this.#poll();
    });
  }

  /** Reads the outbox for all that wait. */
  async #poll(): Promise<void> {
    if (this.#polling) return;
    this.#polling = true;
    while (this.#waiters.length > 0) {
      const waiters = this.#waiters;
      this.#waiters = [];
      try {
        const [marks] = await this.#database.query<Marks>(MARKS);
        this.#waiters.push(...waiters.filter((waiter) => isLeftWaiting(waiter, marks)));
      } catch (error) {
        for (const { reject } of waiters) reject(error);
      }
      if (this.#waiters.length > 0) await delay(POLL_MS);
    }
    this.#polling = false;
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
    return rows.map(replayed);
  }

  async lastOf(
    type: EventType,
    userId: UserId | null,
    upTo: Position,
    limit: number,
  ): Promise<ReplayedEvent[]> {
    const rows = await (userId === null
      ? this.#database.query<StreamedEventRow>(LAST_OF_ALL, [type, upTo, limit])
      : this.#database.query<StreamedEventRow>(LAST_OF_USER, [type, upTo, limit, userId]));
    return rows.map(replayed).reverse();
  }

  /** Deletes up to `limit` events that are no longer replayed, and returns their number. */
  async purge(limit: number): Promise<number> {
    return (await this.#database.query(PURGE, [RETENTION_SECONDS, limit])).length;
  }
}

const replayed = ({ eventId, position, type, data, occurredAt }: StreamedEventRow): ReplayedEvent => ({
  id: eventId,
  type,
  occurredAt: occurredAt.toISOString(),
  data,
  position: Number(position),
});

/** First and last row of the outbox. */
interface Marks {
  readonly first: string | null;
  readonly last: string | null;
}

function isLeftWaiting(waiter: Waiter, marks: Marks | undefined): boolean {
  waiter.upTo ??= Number(marks?.last ?? 0);
  if (marks?.first == null || Number(marks.first) > waiter.upTo) waiter.resolve();
  else if (performance.now() > waiter.givesUpAt)
    waiter.reject(new UnavailableError(new Error('publications are not recorded')));
  else return true;
  return false;
}

/**
 * One statement, so that an event is always either in the outbox or recorded. It takes the marks first, in the order of a
 * sweep, and does the rest for those only that it got: what another relay holds is recorded by that one. It waits for no
 * mark, so two relays cannot deadlock. Of events it deletes what is not kept; purges delete what is kept and has no mark,
 * and streamed events so old that nobody records them. An event that was published again keeps its first position.
 */
const RECORD = `
  WITH marks AS (
    SELECT event_id FROM event_outbox WHERE event_id = ANY($1) ORDER BY sequence FOR UPDATE SKIP LOCKED
  ), unmarked AS (
    DELETE FROM event_outbox WHERE event_id IN (SELECT event_id FROM marks)
  ), transient AS (
    DELETE FROM events WHERE id IN (SELECT event_id FROM marks) AND NOT kept
  )
  INSERT INTO streamed_events (event_id, position, user_id, type, data, occurred_at)
  SELECT event_id, position, user_id, type, data, occurred_at FROM jsonb_to_recordset($2) AS event (
    event_id uuid, position bigint, user_id uuid, type text, data jsonb, occurred_at timestamptz)
  WHERE event_id IN (SELECT event_id FROM marks)
  ON CONFLICT (event_id) DO NOTHING`;

const FIND = `
  SELECT (SELECT position FROM streamed_events WHERE event_id = $1) AS position,
    EXISTS (SELECT FROM event_outbox WHERE event_id = $1) AS "isPending"`;

const MARKS = 'SELECT min(sequence) AS first, max(sequence) AS last FROM event_outbox';

const EVENTS =
  'SELECT event_id AS "eventId", position, type, data, occurred_at AS "occurredAt" FROM streamed_events';

const list = (condition: string) => `
  ${EVENTS} WHERE position > $1 AND position <= $2 ${condition} ORDER BY position LIMIT $3`;

const LIST_ALL = list('');
const LIST_OF_USER = list('AND user_id = $4');

const last = (condition: string) => `
  ${EVENTS} WHERE type = $1 AND position <= $2 ${condition} ORDER BY position DESC LIMIT $3`;

const LAST_OF_ALL = last('');
const LAST_OF_USER = last('AND user_id = $4');

const PURGE = `
  DELETE FROM streamed_events WHERE event_id IN (
    SELECT event_id FROM streamed_events WHERE recorded_at < now() - make_interval(secs => $1) LIMIT $2)
  RETURNING event_id`;
