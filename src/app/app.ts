import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../config/config.ts';
import { type Clock, systemClock } from '../core/clock.ts';
import { UnavailableError } from '../core/errors.ts';
import type { Logger } from '../core/ports.ts';
import { Documents } from '../graphql/operations/documents.ts';
import { SubscriptionGate } from '../graphql/operations/subscription-gate.ts';
import { guardResolvers } from '../graphql/schema/guard-resolvers.ts';
import { mergeResolvers } from '../graphql/schema/resolvers.ts';
import { buildSchema } from '../graphql/schema/schema.ts';
import { loadTypeDefs } from '../graphql/schema/type-defs.ts';
import { createGraphQLServer } from '../graphql/server.ts';
import { createHttpServer } from '../http/server.ts';
import { personalAccessTokenResolvers } from '../modules/personal-access-tokens/personal-access-token.resolvers.ts';
import { createPersonalAccessTokenLoaders } from '../modules/personal-access-tokens/personal-access-token.view.ts';
import { policyResolvers } from '../modules/policy/policy.resolvers.ts';
import { authenticationResolvers } from '../modules/sessions/authentication.resolvers.ts';
import { REAUTHENTICATION_WINDOW_SECONDS } from '../modules/sessions/index.ts';
import { sessionResolvers } from '../modules/sessions/session.resolvers.ts';
import { createSessionLoaders } from '../modules/sessions/session.view.ts';
import { sessionChangeResolvers } from '../modules/sessions/session-change.resolvers.ts';
import { signInResolvers } from '../modules/sign-in/sign-in.resolvers.ts';
import { PASSWORD_MAX_LENGTH } from '../modules/users/index.ts';
import { userResolvers } from '../modules/users/user.resolvers.ts';
import { createUserLoaders } from '../modules/users/user.view.ts';
import type { Database } from '../platform/database/database.ts';
import { HashingPool } from '../platform/hashing/hashing-pool.ts';
import { InstanceLock } from '../platform/instance-lock.ts';
import { startBackgroundWork } from './background.ts';
import { noBus, openBus } from './bus.ts';
import { Closers } from './closers.ts';
import { createServices, type Services } from './services.ts';
import { openStorage } from './storage.ts';

export interface App {
  /** Serves when it resolves. When it rejects, nothing is left open. */
  start(): Promise<{ readonly url: string }>;
  /** Answers what is in flight, then lets go of everything. */
  stop(): Promise<void>;
}

/** How often, and how far apart in milliseconds, a start is tried on an embedded database that goes away under it. */
const MAX_START_ATTEMPTS = 5;
const RESTART_DELAY_MS = 500;

const REFUSAL_WINDOW_MS = 60_000;

interface Surroundings {
  readonly logger: Logger;
  readonly clock?: Clock;
  /** For how long refusals are counted until they are written, in milliseconds. */
  readonly refusalWindowMs?: number;
  /** Called when this instance must not go on: whoever runs it stops it. */
  readonly onFatal?: (error: Error) => void;
}

/** Latchkey, put together. */
export function createApp(
  config: Config,
  {
    logger,
    clock = systemClock,
    refusalWindowMs = REFUSAL_WINDOW_MS,
    onFatal = () => undefined,
  }: Surroundings,
): App {
  const closers = new Closers(logger);
  let stopped: Promise<void> | null = null;

  async function serve(): Promise<{ url: string }> {
    try {
      const { database, url: databaseUrl } = await openStorage(config, logger, closers);
      const shared = config.redis !== null;
      const lock = new InstanceLock({ url: databaseUrl, shared, logger, onTaken: onFatal });
      await lock.acquire();
      closers.add('instance lock', () => lock.release());
      const pool = await startHashing(config, logger, closers);
      const bus = await openBus(config, logger, closers);
      const services = createServices({ config, database, bus, pool, clock, logger });
      await startBackgroundWork(services, logger, closers, refusalWindowMs);
      const readiness = async () => stopped === null && (await isAvailable(database));
      const server = await createServer({ config, services, readiness, logger, closers });
      return { url: await server.listen({ port: config.http.port, host: config.http.host }) };
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
          // Another process was just letting go of the embedded database that this one had found running.
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

/** The use cases for a command, for as long as `work` takes, beside a server that may be running. */
export function withServices<T>(
  config: Config,
  logger: Logger,
  work: (services: Services) => Promise<T>,
): Promise<T> {
  return withStorage(config, logger, async (database, closers) => {
    const pool = await startHashing(config, logger, closers);
    return work(createServices({ config, database, bus: noBus, pool, clock: systemClock, logger }));
  });
}

/** The migrated database for a command, for as long as `work` takes. */
export async function withStorage<T>(
  config: Config,
  logger: Logger,
  work: (database: Database, closers: Closers) => Promise<T>,
): Promise<T> {
  const closers = new Closers(logger);
  try {
    const { database } = await openStorage(config, logger, closers);
    return await work(database, closers);
  } finally {
    await closers.closeAll();
  }
}

async function startHashing({ passwords }: Config, logger: Logger, closers: Closers): Promise<HashingPool> {
  const { hashWorkers: workers, hashQueueSeconds: queueSeconds, bcryptCost: cost } = passwords;
  const pool = new HashingPool({ workers, queueSeconds, cost, logger });
  closers.add('hashing pool', () => pool.stop());
  await pool.start();
  return pool;
}

interface ServerParts {
  readonly config: Config;
  readonly services: Services;
  readonly readiness: () => Promise<boolean>;
  readonly logger: Logger;
  readonly closers: Closers;
}

async function createServer({
  config,
  services,
  readiness,
  logger,
  closers,
}: ServerParts): Promise<FastifyInstance> {
  const { accessTokens, events, users } = services;
  const userLoaders = createUserLoaders(users);
  const sessionLoaders = createSessionLoaders(services.sessionQueries);
  const personalAccessTokenLoaders = createPersonalAccessTokenLoaders(services.personalAccessTokens);
  const resolvers = mergeResolvers(
    policyResolvers(policyOf(config)),
    authenticationResolvers(userLoaders),
    userResolvers({ users, userLoaders }),
    sessionResolvers({ ...services, sessionLoaders, userLoaders }),
    sessionChangeResolvers(services),
    personalAccessTokenResolvers({
      ...services,
      roles: config.roles,
      personalAccessTokenLoaders,
      userLoaders,
    }),
    signInResolvers(services.signIn),
  );
  const schema = buildSchema({ typeDefs: loadTypeDefs(), resolvers: guardResolvers(resolvers, logger) });
  const revealSchema = config.environment !== 'production';
  const documents = new Documents({ schema, revealSchema });
  const graphql = createGraphQLServer({ schema, documents, events, logger });
  await graphql.start();
  closers.add('graphql', () => graphql.stop());
  const server = await createHttpServer({
    config: config.http,
    graphql,
    gate: new SubscriptionGate({ schema, documents, events, logger }),
    authenticateToken: services.authenticateToken,
    jwks: accessTokens.jwks,
    readiness,
    logger,
  });
  closers.add('http', () => server.close());
  closers.add('streams', async () => services.streams.endAll());
  return server;
}

function policyOf({ passwords, sessions, tokens, personalAccessTokens }: Config) {
  return {
    accessTokenTtlSeconds: tokens.accessTtlSeconds,
    sessionIdleTimeoutSeconds: sessions.idleTimeoutSeconds,
    sessionLifetimeSeconds: sessions.lifetimeSeconds,
    maxSessionsPerUser: sessions.maxPerUser,
    passwordMinLength: passwords.minLength,
    passwordMaxLength: PASSWORD_MAX_LENGTH,
    personalAccessTokenMaxDays: personalAccessTokens.maxDays,
    reauthenticationWindowSeconds: REAUTHENTICATION_WINDOW_SECONDS,
  };
}

async function isAvailable(database: Database): Promise<boolean> {
  try {
    await database.query((manager) => manager.query('SELECT 1'));
    return true;
  } catch {
    return false;
  }
}

/** Has a database refused, or dropped, the connection? */
function isGone(error: unknown): boolean {
  const cause = error instanceof UnavailableError ? error.cause : error;
  const { code = '', message = '' } = (cause ?? {}) as { code?: string; message?: string };
  return (
    ['ECONNREFUSED', 'ECONNRESET', '57P01', '57P03'].includes(code) ||
    message.startsWith('Connection terminated')
  );
}
