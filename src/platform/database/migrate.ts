import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Logger } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { createMigrationDataSource } from './data-source.ts';
import { isConflict } from './failures.ts';

/** An arbitrary constant, the same in every version of Latchkey. */
const MIGRATION_LOCK = 5_283_140_216;

/**
 * A migration locks tables that running replicas use, and may have to give way: about half a minute in all. It sets `lock_timeout`, so
 * that nobody waits long behind it.
 */
const [MAX_ATTEMPTS, RETRY_MS] = [100, 300];

/**
 * Applies pending migrations, one process at a time: replicas that start together wait for the first. Returns the names
 * of the applied migrations.
 */
export async function migrate(url: Secret | string, logger: Logger): Promise<string[]> {
  const dataSource = createMigrationDataSource(typeof url === 'string' ? new Secret(url) : url, logger);
  await dataSource.initialize();
  try {
    const lock = dataSource.createQueryRunner();
    try {
      await lock.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
      return await applyPending(dataSource);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await lock.release();
    }
  } finally {
    await dataSource.destroy();
  }
}

async function applyPending(dataSource: DataSource): Promise<string[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await dataSource.runMigrations()).map((migration) => migration.name);
    } catch (error) {
      if (!isConflict(error) || attempt === MAX_ATTEMPTS) throw error;
      await delay(Math.random() * RETRY_MS);
    }
  }
}
