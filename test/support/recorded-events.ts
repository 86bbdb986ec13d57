import { randomUUID } from 'node:crypto';
import { expect } from '@jest/globals';
import { eventCatalogue } from '../../src/app/features/index.ts';
import type { EventType } from '../../src/core/events.ts';
import type { TestApp } from './app.ts';
import type { Answer, GraphQLClient } from './client.ts';
import { eventually } from './eventually.ts';
import { runSql } from './sql.ts';

/** An event as it stands in the database, with what became of it beside. */
export interface RecordedEvent {
  readonly type: string;
  readonly outcome: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly sessionId: string | null;
  readonly requestId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly data: Record<string, unknown>;
  readonly kept: boolean;
  /** It was marked to be published, by the transaction that recorded it. */
  readonly marked: boolean;
  /** The transaction that recorded it. */
  readonly transaction: string;
}

/** Has a database keep a copy of every event and mark as it is written: what is published is gone in a moment. */
export async function watchEvents(databaseUrl: string): Promise<void> {
  await runSql(
    databaseUrl,
    `CREATE TABLE seen_events AS SELECT *, '' AS transaction FROM events WITH NO DATA;
     CREATE TABLE seen_marks AS SELECT event_id, '' AS transaction FROM event_outbox WITH NO DATA;
     CREATE FUNCTION see_event() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO seen_events SELECT NEW.*, pg_current_xact_id()::xid::text; RETURN NULL; END $$;
     CREATE FUNCTION see_mark() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       INSERT INTO seen_marks SELECT NEW.event_id, pg_current_xact_id()::xid::text; RETURN NULL; END $$;
     CREATE TRIGGER see_event AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION see_event();
     CREATE TRIGGER see_mark AFTER INSERT ON event_outbox FOR EACH ROW EXECUTE FUNCTION see_mark()`,
  );
}

/**
 * What a request answered, and the events that it left, checked for what holds for every event. Refusals are written a
 * little later: `atLeast` says how many events to wait for.
 */
export async function observeEvents(
  { databaseUrl }: TestApp,
  client: GraphQLClient,
  query: string,
  variables: object = {},
  atLeast = 0,
): Promise<Answer & { events: RecordedEvent[]; requestId: string }> {
  const requestId = randomUUID();
  const answer = await client.send(query, variables, {
    'x-request-id': requestId,
    'user-agent': 'Events/1.0',
  });
  let events: RecordedEvent[] = [];
  await eventually(async () => {
    events = await eventsOfRequest(databaseUrl, requestId);
    return events.length >= atLeast;
  });
  for (const { type, kept, marked, ipAddress, userAgent } of events) {
    const { kept: toKeep, channel } = eventCatalogue[type as EventType];
    expect({ type, kept, marked }).toEqual({ type, kept: toKeep, marked: channel !== null });
    expect({ ipAddress, userAgent }).toEqual({ ipAddress: '127.0.0.1', userAgent: 'Events/1.0' });
  }
  return { ...answer, events, requestId };
}

/** Rows of one transaction bear one time, so they are ordered by type. */
async function eventsOfRequest(databaseUrl: string, requestId: string): Promise<RecordedEvent[]> {
  const rows = await runSql(
    databaseUrl,
    `SELECT type, outcome, actor_id AS "actorId", subject_id AS "subjectId", session_id AS "sessionId",
            request_id AS "requestId", host(ip_address) AS "ipAddress", user_agent AS "userAgent", data, kept,
            (id, transaction) IN (SELECT event_id, transaction FROM seen_marks) AS marked, transaction
     FROM seen_events WHERE request_id = $1 ORDER BY type, session_id`,
    [requestId],
  );
  return rows as unknown as RecordedEvent[];
}
