import type { Config } from '../config/config.ts';
import type { Logger } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';
import {
  type MigrationState,
  migrate,
  migrationStates,
  revertLastMigration,
} from '../platform/database/migrate.ts';
import { Closers } from './closers.ts';
import { withDatabaseUrl } from './storage.ts';

/** Changes of the schema, for the operator. They run beside servers. */
export interface Migrations {
  /** Applies pending migrations, and returns their names. */
  up(): Promise<string[]>;
  /** Reverts the migration that was applied last, and returns its name; null if there is none. */
  down(): Promise<string | null>;
  /** All migrations, in order. */
  status(): Promise<MigrationState[]>;
}

export function createMigrations(config: Config, logger: Logger): Migrations {
  return {
    up: () => onDatabase((url) => migrate(url, logger)),
    down: () => onDatabase((url) => revertLastMigration(url, logger)),
    status: () => onDatabase((url) => migrationStates(url, logger)),
  };

  async function onDatabase<T>(work: (url: Secret) => Promise<T>): Promise<T> {
    const closers = new Closers(logger);
    try {
      return await withDatabaseUrl(config, logger, closers, work);
    } finally {
      await closers.closeAll();
    }
  }
}
