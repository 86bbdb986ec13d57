import { setTimeout as delay } from 'node:timers/promises';
import { type DataSource, MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { migrations } from '../../../migrations/index.ts';
import type { Logger } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { createMigrationDataSource } from './data-source.ts';
import type { Database } from './database.ts';
import { isConflict } from './failures.ts';

/** An arbitrary constant, the same in every version of Latchkey. */
const MIGRATION_LOCK = 5_283_140_216;

/**
 * A migration locks tables that running replicas use, and may have to give way: about half a minute in all. It sets `lock_timeout`, so
 * that nobody waits long behind it.
 */
const [MAX_ATTEMPTS, RETRY_MS] = [100, 300];

/** Interval at which a process looks whether another one has migrated, in milliseconds. */
const LOOK_MS = 200;

export interface MigrationState {
  readonly name: string;
  readonly isApplied: boolean;
}

/**
 * Applies pending migrations, one process at a time: replicas that start together wait for the first. Returns the names
 * of the applied migrations.
 */
export function migrate(url: Secret | string, logger: Logger): Promise<string[]> {
  return alone(url, logger, applyPending);
}

/** Reverts the migration that was applied last, and returns its name; null if there is none. */
export function revertLastMigration(url: Secret, logger: Logger): Promise<string | null> {
  return alone(url, logger, async (dataSource) => {
    // Sorted by TypeORM, the latest first.
    const [last] = await new MigrationExecutor(dataSource).getExecutedMigrations();
    if (last === undefined) return null;
    // TypeORM asks a migration whether it runs in a transaction only for `up`.
    const { transaction } = dataSource.migrations.find((each) => nameOf(each) === last.name) ?? {};
    await giveWay(() =>
      dataSource.undoLastMigration({ transaction: transaction === false ? 'none' : 'all' }),
    );
    return last.name;
  });
}

/** All migrations, in the order in which they are applied. */
export function migrationStates(url: Secret, logger: Logger): Promise<MigrationState[]> {
  return connected(url, logger, async (dataSource) => {
    // TypeORM would create the table.
    const [table] = await dataSource.query("SELECT to_regclass('schema_migrations') IS NOT NULL AS exists");
    return statesOf(table.exists ? await dataSource.query(READ_APPLIED) : []);
  });
}

/** The migrations that are not applied to a database that was migrated before. */
export async function pendingMigrations(database: Database): Promise<MigrationState[]> {
  const states = statesOf(await database.query(READ_APPLIED));
  return states.filter(({ isApplied }) => !isApplied);
}

const READ_APPLIED = 'SELECT name FROM schema_migrations';

function statesOf(applied: readonly { readonly name: string }[]): MigrationState[] {
  const names = new Set(applied.map(({ name }) => name));
  return migrations.map((Migration) => {
    const { name } = new Migration();
    return { name, isApplied: names.has(name) };
  });
}

const nameOf = (migration: MigrationInterface) => migration.name ?? migration.constructor.name;

/** While `work` runs, no other process migrates. */
function alone<T>(
  url: Secret | string,
  logger: Logger,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  return connected(url, logger, async (dataSource) => {
    const lock = dataSource.createQueryRunner();
    try {
      await acquire(lock);
      return await work(dataSource);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await lock.release();
    }
  });
}

/** By asking again: a statement that waits holds a snapshot, and CREATE INDEX CONCURRENTLY of the process that migrates waits for it. */
async function acquire(lock: QueryRunner): Promise<void> {
  for (;;) {
    const [answer] = await lock.query('SELECT pg_try_advisory_lock($1) AS granted', [MIGRATION_LOCK]);
    if (answer.granted) return;
    await delay(LOOK_MS);
  }
}

async function connected<T>(
  url: Secret | string,
  logger: Logger,
  work: (dataSource: DataSource) => Promise<T>,
): Promise<T> {
  const dataSource = createMigrationDataSource(typeof url === 'string' ? new Secret(url) : url, logger);
  await dataSource.initialize();
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

async function applyPending(dataSource: DataSource): Promise<string[]> {
  return (await giveWay(() => dataSource.runMigrations())).map(({ name }) => name);
}

/** Tries again what could not lock its tables. */
async function giveWay<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      await delay(Math.random() * RETRY_MS);
    }
  }
}
