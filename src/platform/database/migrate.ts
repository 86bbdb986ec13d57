import type { Logger } from '../../core/ports.ts';
import { Secret } from '../../core/secret.ts';
import { createMigrationDataSource } from './data-source.ts';

/** An arbitrary constant, the same in every version of Latchkey. */
const MIGRATION_LOCK = 5_283_140_216;

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
      return (await dataSource.runMigrations()).map((migration) => migration.name);
    } finally {
      await lock.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined);
      await lock.release();
    }
  } finally {
    await dataSource.destroy();
  }
}
