import { randomBytes } from 'node:crypto';
import { type App, createApp } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import type { Clock } from '../../src/core/clock.ts';
import type { Logger } from '../../src/core/ports.ts';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { GraphQLClient } from './client.ts';
import { createTestDatabase } from './database.ts';
import { silentLogger } from './logger.ts';

export interface TestApp {
  readonly app: App;
  readonly url: string;
  readonly databaseUrl: string;
  /** A new visitor: no credential, no cookies. */
  client(): GraphQLClient;
  /** Stops it and starts another in its place, on the same database, with these settings instead. */
  restart(env: Readonly<Record<string, string>>): Promise<TestApp>;
  stop(): Promise<void>;
}

interface Options {
  /** Settings that differ from those of the tests. */
  readonly env?: Readonly<Record<string, string>>;
  /** A database to share with another instance; without it the app gets one of its own. */
  readonly databaseUrl?: string;
  readonly logger?: Logger;
  readonly clock?: Clock;
  readonly refusalWindowMs?: number;
}

/** Secrets that instances of one test file share, as replicas do. */
const secrets = {
  JWT_PRIVATE_KEY: generateSigningKeyPem(),
  REFRESH_SECRET: randomBytes(32).toString('hex'),
  PASSWORD_PEPPER: randomBytes(32).toString('hex'),
};

/** Latchkey, whole, on a free port and a real database. Hashing is cheap, so that tests wait for what they are about. */
export async function startTestApp({
  env = {},
  databaseUrl,
  logger = silentLogger,
  clock,
  // So that tests see at once what a server writes every minute.
  refusalWindowMs = 50,
}: Options = {}): Promise<TestApp> {
  const database =
    databaseUrl === undefined
      ? await createTestDatabase()
      : { url: databaseUrl, drop: async () => undefined };
  const config = loadConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: database.url,
    PUBLIC_URL: 'http://localhost:4001',
    BCRYPT_COST: '4',
    HASH_WORKERS: '1',
    MIGRATE_ON_START: 'false',
    ...secrets,
    ...env,
  });
  const app = createApp(config, { logger, refusalWindowMs, ...(clock && { clock }) });
  const { url } = await app.start();
  return {
    app,
    url,
    databaseUrl: database.url,
    client: () => new GraphQLClient(url),
    restart: async (changed) => {
      await app.stop();
      const successor = await startTestApp({
        env: { ...env, ...changed },
        databaseUrl: database.url,
        logger,
      });
      return { ...successor, stop: () => successor.stop().finally(database.drop) };
    },
    stop: async () => {
      await app.stop();
      await database.drop();
    },
  };
}
