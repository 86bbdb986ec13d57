import { join } from 'node:path';
import type { Config } from '../config/config.ts';
import { OperatorError } from '../core/operator-error.ts';
import type { Logger } from '../core/ports.ts';
import { Secret } from '../core/secret.ts';
import { createDataSource } from '../platform/database/data-source.ts';
import { Database } from '../platform/database/database.ts';
import { migrate, pendingMigrations } from '../platform/database/migrate.ts';
import { Outage } from '../platform/database/outage.ts';
import { startEmbeddedPostgres } from '../platform/embedded-postgres/embedded-postgres.ts';
import { EventEntity, OutboxEntity } from '../platform/events/event-log.ts';
import { StreamedEventEntity } from '../platform/events/streamed-event.entity.ts';
import { checkSecrets, SecretFingerprintEntity } from '../platform/secret-fingerprints.ts';
import type { Closers } from './closers.ts';
import { waitForDatabase } from './database-wait.ts';
import { features } from './features/index.ts';
import { databaseFailure } from './start-failures.ts';

/** All entities. The drift test compares them with the migrated schema. */
export const entities = [
  ...features.flatMap((feature) => feature.entities ?? []),
  EventEntity,
  OutboxEntity,
  StreamedEventEntity,
  SecretFingerprintEntity,
];

export interface Storage {
  readonly database: Database;
  readonly url: Secret;
}

/**
 * Opens the configured or the embedded database, which it waits for where configured, migrates it if configured, and checks its secrets. `closers` closes
 * it.
 *
 * @throws {OperatorError} if DATABASE_URL cannot be used, or the database was used with other secrets.
 */
export function openStorage(config: Config, logger: Logger, closers: Closers): Promise<Storage> {
  return withDatabaseUrl(config, logger, closers, (url) => open(url, config, logger, closers));
}

/**
 * Starts the embedded database where none is configured, which `closers` stops, and passes the URL to `work`.
 *
 * @throws {OperatorError} if DATABASE_URL cannot be used.
 */
export async function withDatabaseUrl<T>(
  { database, dataDir }: Config,
  logger: Logger,
  closers: Closers,
  work: (url: Secret) => Promise<T>,
): Promise<T> {
  if (database === null) return work(await startEmbedded(dataDir, logger, closers));
  try {
    return await work(database.url);
  } catch (error) {
    throw databaseFailure(error);
  }
}

async function open(url: Secret, config: Config, logger: Logger, closers: Closers): Promise<Storage> {
  // The embedded one runs by now.
  if (config.database !== null) await waitForDatabase(url, { timeoutMs: config.startTimeoutMs, logger });
  if (config.migrateOnStart) await migrate(url, logger);
  const database = await openDatabase(url, config, logger, closers);
  if (!config.migrateOnStart) await requireMigrated(database);
  await checkSecrets(database, fingerprintedSecrets(config));
  return { database, url };
}

/** @throws {OperatorError} if migrations are pending. */
async function requireMigrated(database: Database): Promise<void> {
  const { length: pending } = await pendingMigrations(database);
  if (pending > 0)
    throw new OperatorError(
      `DATABASE_URL names a database to which ${pending} migrations were not applied: run the command migrate, or set MIGRATE_ON_START to true.`,
    );
}

/** Opens the database of a URL, as it is; `closers` closes it. */
export async function openDatabase(
  url: Secret,
  { databasePoolSize: poolSize, databaseTimeoutMs: timeoutMs }: Config,
  logger: Logger,
  closers: Closers,
): Promise<Database> {
  const dataSource = await createDataSource({ url, entities, logger, poolSize, timeoutMs }).initialize();
  closers.add('database', () => dataSource.destroy());
  const outage = new Outage(url, logger);
  closers.add('outage probe', async () => outage.stop());
  return new Database(dataSource, outage, logger);
}

/** The secrets without which the stored data is worthless. */
export const fingerprintedSecrets = ({ refresh, passwords }: Config) => ({
  REFRESH_SECRET: refresh.secrets,
  PASSWORD_PEPPER: passwords.peppers,
});

async function startEmbedded(dataDir: string, logger: Logger, closers: Closers): Promise<Secret> {
  const server = await startEmbeddedPostgres({
    dataDir: join(dataDir, 'postgres'),
    log: (line) => logger.info({}, line),
  });
  closers.add('embedded postgres', () => server.stop());
  logger.info({ folder: server.folder }, 'no DATABASE_URL: using the embedded Postgres');
  return new Secret(server.url);
}
