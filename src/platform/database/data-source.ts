import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import { migrations } from '../../../migrations/index.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { DatabaseClient } from './client.ts';
import { ServerClient } from './server-client.ts';
import { Servers } from './servers.ts';
import { StatementLog } from './statement-log.ts';

/** The server ends a transaction in which nothing happens for so many timeouts of a statement: its process has stalled. */
const IDLE_TIMEOUTS = 2.5;

/** Entity schemas of TypeORM. */
export type Entities = readonly EntitySchema[];

interface Options {
  readonly url: Secret;
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly logger: Logger;
}

interface PoolOptions extends Options {
  /** Maximum connections. A few are enough: hashing, not Postgres, limits an instance. */
  readonly poolSize: number;
  /** Maximum wait for a connection, pooled or new, and for the answer to a statement. */
  readonly timeoutMs: number;
}

/** The connection pool for requests; every wait has a timeout. */
export function createDataSource({ url, entities, logger, poolSize, timeoutMs }: PoolOptions): DataSource {
  return new DataSource({
    ...shared(url, entities),
    logger: new StatementLog(logger),
    poolSize,
    connectTimeoutMS: timeoutMs,
    // Broken idle connections are replaced; a request that gets no connection reports it.
    poolErrorHandler: (error: unknown) => logger.debug({ err: error }, 'an idle connection broke'),
    extra: {
      Client: DatabaseClient,
      servers: Servers.of(url),
      statement_timeout: timeoutMs,
      idle_in_transaction_session_timeout: IDLE_TIMEOUTS * timeoutMs,
      keepAlive: true,
    },
  });
}

/** Connections for migrations, without statement timeouts. */
export function createMigrationDataSource(
  url: Secret,
  logger: Logger,
  entities: Options['entities'] = [],
): DataSource {
  return new DataSource({
    ...shared(url, entities),
    logger: new StatementLog(logger),
    poolSize: 2,
    connectTimeoutMS: 5_000,
    extra: { Client: ServerClient, servers: Servers.of(url) },
  });
}

function shared(url: Secret, entities: Options['entities']) {
  return {
    type: 'postgres',
    url: Servers.of(url).url,
    entities,
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    installExtensions: false,
    // Selects gen_random_uuid() as the generator of ids; it is built in, no extension is installed.
    uuidExtension: 'pgcrypto',
    applicationName: 'latchkey',
  } satisfies DataSourceOptions;
}
