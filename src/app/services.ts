import type { Config } from '../config.ts';
import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/ports.ts';
import { SecretRing } from '../core/secret-ring.ts';
import {
  createRefreshSession,
  EndedSessions,
  SessionAuthenticator,
  SessionEndings,
  type SessionLimits,
  SessionService,
  SessionTokens,
} from '../modules/sessions/index.ts';
import { TypeOrmSessionStore } from '../modules/sessions/session.store.typeorm.ts';
import { createAdministratorCreation, PasswordCheck, SignInService } from '../modules/sign-in/index.ts';
import {
  clockToleranceSeconds,
  createAccessTokens,
  createRefreshTokens,
  parseSigningKey,
} from '../modules/tokens/index.ts';
import {
  type BcryptPool,
  createPasswordHasher,
  createPasswordPolicy,
  UserService,
} from '../modules/users/index.ts';
import { TypeOrmUserStore } from '../modules/users/user.store.typeorm.ts';
import type { Database } from '../platform/database/database.ts';
import { DatabaseEventLog } from '../platform/event-log.ts';

interface Parts {
  readonly config: Config;
  readonly database: Database;
  readonly pool: BcryptPool;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Services = ReturnType<typeof createServices>;

/** A token may be issued by a request that began before its session's end had committed; no request takes this long. */
const SLOWEST_REQUEST_SECONDS = 30;

/** The use cases, on top of the adapters they need. */
export function createServices({ config, database, pool, clock, logger }: Parts) {
  const limits: SessionLimits = { ...config.sessions, refreshGraceSeconds: config.refresh.graceSeconds };
  const events = new DatabaseEventLog(database);
  const userStore = new TypeOrmUserStore(database);
  const sessionStore = new TypeOrmSessionStore(database, limits);

  const { issuer, audience, signingKeyPem, accessTtlSeconds: ttlSeconds } = config.tokens;
  const accessTokens = createAccessTokens({
    keys: [parseSigningKey(signingKeyPem)],
    issuer,
    audience,
    ttlSeconds,
    clock,
  });
  const refreshTokens = createRefreshTokens(new SecretRing(config.refresh.secrets));
  const tokens = new SessionTokens({ accessTokens, refreshTokens, roles: config.roles });
  const endedSessions = new EndedSessions({
    keepForSeconds: ttlSeconds + clockToleranceSeconds + SLOWEST_REQUEST_SECONDS,
  });
  const endings = new SessionEndings({ unitOfWork: database, events, endedSessions });

  const { minLength, peppers, bcryptCost: cost } = config.passwords;
  const policy = createPasswordPolicy({ minLength });
  const hasher = createPasswordHasher({ peppers: new SecretRing(peppers), cost, pool, logger });
  const check = new PasswordCheck({ users: userStore, hasher, unitOfWork: database, events, logger });

  const common = { unitOfWork: database, events };
  const users = new UserService({ store: userStore, ...common });
  const sessions = new SessionService({
    store: sessionStore,
    users: userStore,
    endings,
    refreshTokens,
    limits,
    ...common,
  });
  const refreshSession = createRefreshSession({
    store: sessionStore,
    endings,
    refreshTokens,
    tokens,
    limits,
    logger,
    ...common,
  });
  const signIn = new SignInService({ users: userStore, sessions, tokens, policy, check, hasher, ...common });
  const createAdministrator = createAdministratorCreation({ users: userStore, policy, hasher, ...common });
  const authenticator = new SessionAuthenticator({
    accessTokens,
    endedSessions,
    store: sessionStore,
    logger,
  });

  return {
    accessTokens,
    authenticator,
    createAdministrator,
    events,
    limits,
    refreshSession,
    sessions,
    signIn,
    users,
    /** Learns which sessions have ended lately: before the first request. */
    loadEndedSessions: async () => {
      for (const id of await sessionStore.listEndedWithin(endedSessions.keepForSeconds))
        endedSessions.add(id);
    },
  };
}
