import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from './concurrent-indexes.ts';

/** Lets the audit log be read by account, by actor and by type, and protects its latest entries from its own retention. */
export class AuditLog1764800000000 implements MigrationInterface {
  name = 'AuditLog1764800000000';

  /**
   * Events are recorded in the transactions of sign-ins, and an index of ten million takes most of a minute: it is built
   * CONCURRENTLY, which cannot be done in a transaction. An interrupted migration is done again.
   */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const index of INDEXES) await createIndex(runner, ...definitionOf(index));
    for (const [name] of OLD_INDEXES) await dropIndex(runner, name);
    // In its own namespace: whoever runs SQL as the app must not be able to put another current_setting() before that of Postgres.
    await runner.query(`CREATE OR REPLACE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql
      SET search_path = pg_catalog, pg_temp AS $$
      BEGIN
        IF TG_OP = 'DELETE' THEN
          -- Events that are only published go once they are.
          IF NOT OLD.kept THEN RETURN OLD; END IF;
          -- Retention sets this for its own transaction. Whoever runs SQL as the app can set it too, and must not erase fresh traces.
          IF current_setting('latchkey.retention', true) = 'on' AND OLD.occurred_at < now() - interval '720 hours' THEN
            RETURN OLD;
          END IF;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE OR REPLACE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' AND (NOT OLD.kept OR current_setting('latchkey.retention', true) = 'on') THEN
          RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    for (const index of OLD_INDEXES) await createIndex(runner, ...definitionOf(index));
    for (const [name] of INDEXES) await dropIndex(runner, name);
  }
}

type Indexes = readonly (readonly [name: string, columns: string, where: string])[];

const INDEXES: Indexes = [
  ['events_time_idx', 'occurred_at, id', 'kept'],
  ['events_type_time_idx', 'type, occurred_at, id', 'kept'],
  ['events_subject_type_idx', 'subject_id, type, occurred_at, id', 'kept'],
  ['events_actor_type_idx', 'actor_id, type, occurred_at, id', 'kept'],
  // What somebody did to the account of another: small, since only administrators do.
  ['events_subject_actor_idx', 'subject_id, actor_id, occurred_at, id', 'kept AND actor_id <> subject_id'],
];

/** The new ones serve what these did. */
const OLD_INDEXES: Indexes = [
  ['events_subject_idx', 'subject_id, occurred_at, id', 'kept'],
  ['events_type_idx', 'type, occurred_at', 'kept'],
];

const definitionOf = ([name, columns, where]: Indexes[number]) =>
  [name, `events (${columns}) WHERE ${where}`] as const;
