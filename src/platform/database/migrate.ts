import type { DataSource } from 'typeorm';
import type { Logger } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { createMigrationDataSource } from './data-source.ts';
import { isRetryable } from './failures.ts';

/** An arbitrary constant, the same in every version of Latchkey. */
const MIGRATION_LOCK = 5_283_140_216;

/** A migration locks tables that running replicas use: as in any transaction, one of two may have to give way. */
const MAX_ATTEMPTS = 5;

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
      if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
