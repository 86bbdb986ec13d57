import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import type { MailTransport } from '../core/mail.ts';
import { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';
import { Documents } from '../graphql/operations/documents.ts';
import { SubscriptionGate } from '../graphql/operations/subscription-gate.ts';
import { guardResolvers } from '../graphql/schema/guard-resolvers.ts';
import { buildSchema } from '../graphql/schema/schema.ts';
import { loadTypeDefs } from '../graphql/schema/type-defs.ts';
import { createGraphQLServer } from '../graphql/server.ts';
import { createHttpServer } from '../http/server.ts';
import { TIMEOUTS, type Timeouts } from '../http/timeouts.ts';
import { schemeOfNew } from '../modules/passwords/index.ts';
import type { Database } from '../platform/database/database.ts';
import { isGone } from '../platform/database/failures.ts';
import type { HashEngines } from '../platform/hashing/hash-job.ts';
import { HashingPool } from '../platform/hashing/hashing-pool.ts';
import { InstanceLock } from '../platform/instance-lock.ts';
import { MemoryRateLimiter } from '../platform/rate-limiter/memory-rate-limiter.ts';
import { startBackgroundJobs } from './background.ts';
import { noBus, openBus } from './bus.ts';
import { startDatabaseClock } from './clock.ts';
import { Closers } from './closers.ts';
import { authenticateToken } from './features/authentication.ts';
import { idempotentRequests } from './features/idempotency.ts';
import { features, findersOf, resolversOf } from './features/index.ts';
import { oauth } from './features/oauth.ts';
import { limits } from './features/rate-limits.ts';
import { accessTokens } from './features/shared.ts';
import { openLimiter } from './limiter.ts';
import { mailTransport } from './mail.ts';
import { Parts } from './parts.ts';
import { listenFailure } from './start-failures.ts';
import { openStorage } from './storage.ts';

/** A server that accepts requests. */
interface Serving {
  readonly url: string;
  /** What computes the hashes of passwords. */
  readonly engines: HashEngines;
  /** Where messages go: a host, or a folder. */
  readonly mail: string;
}

export interface App {
  /** Resolves once the server accepts requests. If it rejects, everything has been closed. */
  start(): Promise<Serving>;
  /** Finishes requests in flight, then closes all resources. */
  stop(): Promise<void>;
}

/** Attempts to start, and the delay between them in milliseconds, while the embedded database shuts down. */
const MAX_START_ATTEMPTS = 5;
const RESTART_DELAY_MS = 500;

const REFUSAL_WINDOW_MS = 60_000;

interface Surroundings {
  readonly logger: Logger;
  /** In place of the database's. */
  readonly clock?: Clock;
  /** Of this machine. */
  readonly machineClock?: Clock;
  /** In place of the configured mail server or folder. */
  readonly mail?: MailTransport;
  /** Interval at which counted refusals are written, in milliseconds. */
  readonly refusalWindowMs?: number;
  readonly timeouts?: Partial<Timeouts>;
  /** Called when this instance must not go on: whoever runs it stops it. */
  readonly onFatal?: (error: Error) => void;
}

/** Creates the application from its configuration. */
export function createApp(
  config: Config,
  {
    logger,
    clock,
    machineClock = systemClock,
    mail = mailTransport(config, machineClock),
    refusalWindowMs = REFUSAL_WINDOW_MS,
    timeouts = {},
    onFatal = () => undefined,
  }: Surroundings,
): App {
  const closers = new Closers(logger);
  let stopped: Promise<void> | null = null;

  async function serve(): Promise<Serving> {
    try {
      const { database, url: databaseUrl } = await openStorage(config, logger, closers);
      // After the storage, so that it stops before: a sign-in that waits for its hash must not reach a closed database.
      const { pool, started } = startHashing(config, logger, closers);
      const shared = config.redis !== null;
      const lock = new InstanceLock({ url: databaseUrl, shared, logger, onTaken: onFatal });
      await lock.acquire();
      closers.add('instance lock', () => lock.release());
      const databaseClock = await startDatabaseClock(database, machineClock, logger, closers);
      const redisReport = new OncePerMinute();
      const [bus, limiter] = await Promise.all([
        openBus(config, databaseClock, logger, closers, redisReport),
        openLimiter(config, logger, closers, redisReport),
      ]);
      const parts = new Parts({
        config,
        database,
        bus,
        limiter,
        mail,
        pool,
        clock: clock ?? databaseClock,
        logger,
      });
      await startBackgroundJobs(parts, closers, refusalWindowMs);
      const readiness = async () => stopped === null && databaseClock.isTolerable && (await database.ping());
      const server = await createServer(parts, closers, {
        readiness,
        timeouts: { ...TIMEOUTS, ...timeouts },
      });
      const engines = await started;
      return { url: await listen(server, config.http), engines, mail: mail.destination };
    } catch (error) {
      await closers.closeAll();
      throw error;
    }
  }

  return {
    start: async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await serve();
        } catch (error) {
          // The process that owns the embedded database was shutting it down.
          if (config.database !== null || !isGone(error) || attempt === MAX_START_ATTEMPTS) throw error;
          await delay(RESTART_DELAY_MS);
        }
      }
    },
    stop: () => {
      stopped ??= closers.closeAll();
      return stopped;
    },
  };
}

/** Provides a command with the application's parts while `work` runs. A server may run at the same time. */
export function withParts<T>(config: Config, logger: Logger, work: (parts: Parts) => Promise<T>): Promise<T> {
  return withStorage(config, logger, async (database, closers) => {
    // A command hashes one password at most.
    const passwords = { ...config.passwords, hashWorkers: 1 };
    const { pool, started } = startHashing({ ...config, passwords }, logger, closers);
    await started;
    const limiter = new MemoryRateLimiter();
    const mail = mailTransport(config, systemClock);
    return work(new Parts({ config, database, bus: noBus, limiter, mail, pool, clock: systemClock, logger }));
  });
}

/**
 * Provides a command with the opened database while `work` runs. A command does not migrate, but for the embedded database: a server
 * may run that knows no newer schema, or the URL be wrong. Nor does it wait for a database that is away: somebody waits for it.
 */
export async function withStorage<T>(
  given: Config,
  logger: Logger,
  work: (database: Database, closers: Closers) => Promise<T>,
): Promise<T> {
  const migrateOnStart = given.database === null && given.migrateOnStart;
  const config = { ...given, migrateOnStart, startTimeoutMs: 0 };
  const closers = new Closers(logger);
  try {
    const { database } = await openStorage(config, logger, closers);
    return await work(database, closers);
  } finally {
    await closers.closeAll();
  }
}

async function listen(server: FastifyInstance, { host, port }: Config['http']): Promise<string> {
  try {
    return await server.listen({ host, port });
  } catch (error) {
    throw listenFailure(error, { host, port });
  }
}

/** The threads start beside everything else; await `started` before the first hash. */
function startHashing({ passwords }: Config, logger: Logger, closers: Closers) {
  const { hashWorkers: workers, hashQueueSeconds: queueSeconds, bcryptEngine: engine } = passwords;
  const scheme = schemeOfNew({ algorithm: passwords.algorithm, cost: passwords.bcryptCost });
  const pool = new HashingPool({ workers, queueSeconds, scheme, engine, logger });
  closers.add('hashing pool', () => pool.stop());
  const started = pool.start();
  // Its failure is handled where it is awaited, unless another failure ends the start first.
  started.catch(() => undefined);
  return { pool, started };
}

async function createServer(
  parts: Parts,
  closers: Closers,
  surroundings: { readonly readiness: () => Promise<boolean>; readonly timeouts: Timeouts },
): Promise<FastifyInstance> {
  const { config, events, logger } = parts;
  const schema = buildSchema({
    typeDefs: loadTypeDefs(),
    resolvers: guardResolvers(resolversOf(parts), logger),
    finders: guardResolvers(findersOf(parts), logger),
  });
  // An IDE without introspection shows no documentation.
  const revealSchema = config.environment !== 'production' || config.http.pages.playground;
  const documents = new Documents({ schema, revealSchema });
  const graphql = createGraphQLServer({ schema, documents, events, logger });
  await graphql.start();
  closers.add('graphql', () => graphql.stop());
  const server = await createHttpServer({
    config: config.http,
    graphql,
    gate: new SubscriptionGate({ schema, documents, events, logger }),
    authenticateToken: parts.get(authenticateToken),
    idempotency: parts.get(idempotentRequests),
    countSocket: (origin) => parts.get(limits).spend(origin, ['sockets.address']),
    jwks: parts.get(accessTokens).jwks,
    oauth: parts.get(oauth),
    clock: parts.clock,
    ...surroundings,
    logger,
  });
  closers.add('http', () => server.close());
  for (const { drain } of features) if (drain !== undefined) closers.add('streams', () => drain(parts));
  return server;
}
