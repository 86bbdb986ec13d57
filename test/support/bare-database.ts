import { afterAll, beforeAll } from '@jest/globals';
import type { DataSource } from 'typeorm';
import { Secret } from '../../src/core/secret.ts';
import { createDataSource } from '../../src/platform/database/data-source.ts';
import { Database } from '../../src/platform/database/database.ts';
import { Outage } from '../../src/platform/database/outage.ts';
import { createTestDatabase } from './database.ts';
import { RecordingLogger } from './logger.ts';

/** A `Database` without an app around it, on a test database of its own. Set before the hooks of its file run. */
export class BareDatabase {
  readonly logger = new RecordingLogger();
  dataSource!: DataSource;
  database!: Database;
}

export function useBareDatabase(poolSize = 10): BareDatabase {
  const bare = new BareDatabase();
  let store: Awaited<ReturnType<typeof createTestDatabase>> | undefined;
  let outage: Outage | undefined;

  beforeAll(async () => {
    store = await createTestDatabase();
    const url = new Secret(store.url);
    const { logger } = bare;
    bare.dataSource = await createDataSource({
      url,
      entities: [],
      logger,
      poolSize,
      timeoutMs: 2_000,
    }).initialize();
    outage = new Outage(url, logger);
    bare.database = new Database(bare.dataSource, outage, logger);
  });
  afterAll(async () => {
    outage?.stop();
    await bare.dataSource?.destroy();
    await store?.drop();
  });
  return bare;
}
