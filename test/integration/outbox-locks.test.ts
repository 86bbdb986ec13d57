import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { withParts } from '../../src/app/app.ts';
import type { Parts } from '../../src/app/parts.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { RecordedEvent } from '../../src/core/events.ts';
import type { EventId } from '../../src/core/ids.ts';
import { createTestDatabase } from '../support/database.ts';
import { untilLockWaits } from '../support/lock-waits.ts';
import { silentLogger } from '../support/logger.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

const secrets = newSecrets();
let databaseUrl: string;
let drop: () => Promise<void>;
beforeEach(async () => {
  ({ url: databaseUrl, drop } = await createTestDatabase());
});
afterEach(() => drop());
const sql = (statement: string, parameters: unknown[] = []) => runSql(databaseUrl, statement, parameters);

/** What an instance consists of, with connections of its own. */
function withInstance<T>(work: (parts: Parts) => Promise<T>): Promise<T> {
  const env = {
    NODE_ENV: 'test',
    HASH_WORKERS: '1',
    DATABASE_TIMEOUT_SECONDS: '30',
    MIGRATE_ON_START: 'false',
  };
  return withParts(loadConfig({ ...env, DATABASE_URL: databaseUrl, ...secrets }), silentLogger, work);
}

/** Published events that are still in the outbox. */
async function leaveEvents(count: number) {
  const rows = await sql(LEAVE_EVENTS, [count]);
  return rows.map((row, index) => ({
    event: row as unknown as RecordedEvent<'token.refreshed'>,
    position: 1 + index,
  }));
}

const idsIn = async (table: string, column: string) =>
  (await sql(`SELECT ${column} AS id FROM ${table}`)).map(({ id }) => id as EventId).sort();

test('a relay records what it published beside one that is about to publish it again: neither waits, none is a victim', () =>
  withInstance((a) =>
    withInstance(async (b) => {
      const published = await leaveEvents(50);
      let attempts = 0;
      let recording: Promise<void> | null = null;
      await b.database.run(async () => {
        attempts += 1;
        await b.database.query(SWEEP);
        recording = a.streamedEvents.recordPublications(published);
        // It answers, though B holds every mark; or it would wait for one, with events that B is about to delete.
        await Promise.race([recording, untilLockWaits(databaseUrl, 1, '%DELETE FROM event_outbox%')]);
        await b.streamedEvents.recordPublications(published);
      });
      await recording;
      expect(attempts).toBe(1);
      expect(await idsIn('event_outbox', 'event_id')).toEqual([]);
      expect(await idsIn('events', 'id')).toEqual([]);
      expect(await idsIn('streamed_events', 'event_id')).toEqual(
        published.map(({ event }) => event.id).sort(),
      );
    }),
  ));

test('a relay records nothing of an event whose mark another holds, and everything of the others', () =>
  withInstance(async ({ streamedEvents }) => {
    const published = await leaveEvents(3);
    const [, held] = published.map(({ event }) => event.id);
    const others = published.map(({ event }) => event.id).filter((id) => id !== held);
    await whileHolding('SELECT FROM event_outbox WHERE event_id = $1 FOR UPDATE', held, async () => {
      await streamedEvents.recordPublications(published);
      expect(await idsIn('streamed_events', 'event_id')).toEqual(others.sort());
      expect(await idsIn('events', 'id')).toEqual([held]);
    });
    expect(await idsIn('event_outbox', 'event_id')).toEqual([held]);
    await streamedEvents.recordPublications(published);
    expect(await idsIn('event_outbox', 'event_id')).toEqual([]);
  }));

test('a relay passes over the marks of one that waits to delete what it published', () =>
  withInstance((a) =>
    withInstance(async (b) => {
      const published = await leaveEvents(3);
      const [first] = published;
      // A has every mark, and waits for an event.
      const recording = await whileHolding(
        'SELECT FROM events WHERE id = $1 FOR UPDATE',
        first?.event.id,
        async () => {
          const waiting = a.streamedEvents.recordPublications(published);
          await untilLockWaits(databaseUrl, 1, '%DELETE FROM event_outbox%');
          const taken = await b.database.run(() => b.database.query(SWEEP));
          expect(taken).toEqual([]);
          await b.streamedEvents.recordPublications(published);
          return () => waiting;
        },
      );
      await recording();
      expect(await idsIn('event_outbox', 'event_id')).toEqual([]);
    }),
  ));

test('retention leaves what is still to be published, and so waits for no relay', () =>
  withInstance(async (parts) => {
    const [row] = await sql(
      `WITH recorded AS (
         INSERT INTO events (id, type, outcome, kept, occurred_at)
         SELECT gen_random_uuid(), 'session.terminated', 'SUCCESS', true, now() - interval '400 days' FROM generate_series(1, 2)
         RETURNING id)
       INSERT INTO event_outbox (event_id) SELECT id FROM recorded LIMIT 1 RETURNING event_id AS id`,
    );
    const retention = parts.purges().find(({ what }) => what === 'events of the audit log');
    const purge = () => parts.database.run(async () => retention?.run(500));
    await whileHolding('SELECT FROM event_outbox WHERE event_id = $1 FOR UPDATE', row?.['id'], async () => {
      expect(await purge()).toBe(1);
    });
    expect(await idsIn('events', 'id')).toEqual([row?.['id']]);
    await sql('DELETE FROM event_outbox');
    expect(await purge()).toBe(1);
  }));

/** Runs `work` while a third connection holds the row that `statement` locks. */
async function whileHolding<T>(statement: string, id: unknown, work: () => Promise<T>): Promise<T> {
  const holder = new Client({ connectionString: databaseUrl });
  await holder.connect();
  try {
    await holder.query('BEGIN');
    await holder.query(statement, [id]);
    return await work();
  } finally {
    await holder.end();
  }
}

const SWEEP = 'SELECT event_id FROM event_outbox ORDER BY sequence FOR UPDATE SKIP LOCKED';

const LEAVE_EVENTS = `
  WITH recorded AS (
    INSERT INTO events (id, type, outcome, data, kept)
    SELECT gen_random_uuid(), 'token.refreshed', 'SUCCESS',
      jsonb_build_object('userId', gen_random_uuid(), 'sessionId', gen_random_uuid()), false
    FROM generate_series(1, $1)
    RETURNING id, type, data, occurred_at AS "occurredAt"
  ), marked AS (
    INSERT INTO event_outbox (event_id) SELECT id FROM recorded
  )
  SELECT * FROM recorded`;
