import { DataSource, type DataSourceOptions, type EntitySchema } from 'typeorm';
import { migrations } from '../../../migrations/index.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';
import { DatabaseClient } from './client.ts';
import { StatementLog } from './statement-log.ts';

/** How long one statement may run, in milliseconds: the server ends it then, and answers, before `DatabaseClient` gives up. */
const STATEMENT_TIMEOUT_MS = 2_000;

/** How long a request waits for a connection at most, in milliseconds: one of a busy pool, or a new one. */
const CONNECT_TIMEOUT_MS = 2_000;

const IDLE_IN_TRANSACTION_TIMEOUT_MS = 5_000;

/** Entity schemas of TypeORM. */
export type Entities = readonly EntitySchema[];

interface Options {
  readonly url: Secret;
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  readonly logger: Logger;
}

interface PoolOptions extends Options {
  /** Connections at most. Hashing, not Postgres, bounds what an instance can do: a few are enough. */
  readonly poolSize: number;
}

/** The connection pool that serves requests: every wait in it has an end. */
export function createDataSource({ url, entities, logger, poolSize }: PoolOptions): DataSource {
  return new DataSource({
    ...shared(url, entities),
    logger: new StatementLog(logger),
    poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    // An idle connection that breaks is replaced, and a request that finds none says so.
    poolErrorHandler: (error: unknown) => logger.debug({ err: error }, 'an idle connection broke'),
    extra: {
      Client: DatabaseClient,
      statement_timeout: STATEMENT_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      keepAlive: true,
      // A session that we say has ended must have ended after a crash of the server too.
      options: '-c synchronous_commit=on',
    },
  });
}

/** Connections for migrations, which may take as long as they need. */
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
  });
}

function shared(url: Secret, entities: Options['entities']) {
  return {
    type: 'postgres',
    url: url.reveal(),
    entities,
    migrations,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'each',
    synchronize: false,
    installExtensions: false,
    // Names gen_random_uuid() as the generator of ids; it is built in, no extension is installed.
    uuidExtension: 'pgcrypto',
    applicationName: 'latchkey',
  } satisfies DataSourceOptions;
}
