import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { EventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/ports.ts';
import type { Origin, Principal } from '../core/principal.ts';
import { SecretRing } from '../core/secret-ring.ts';
import {
  clockToleranceSeconds,
  createAccessTokens,
  rememberVerified,
} from '../modules/access-tokens/index.ts';
import { StoredCredentialCheck } from '../modules/authentication/index.ts';
import {
  looksLikeToken,
  PersonalAccessTokenAuthenticator,
  PersonalAccessTokenService,
  TokenUsage,
  tokenMemorySeconds,
} from '../modules/personal-access-tokens/index.ts';
import { TypeOrmPersonalAccessTokenStore } from '../modules/personal-access-tokens/personal-access-token.store.typeorm.ts';
import { RevocationFeed, Revocations } from '../modules/revocations/index.ts';
import { TypeOrmRevocationStore } from '../modules/revocations/revocation.store.typeorm.ts';
import {
  createRefreshSession,
  createRefreshTokens,
  SessionActivity,
  SessionAuthenticator,
  SessionEndings,
  type SessionLimits,
  SessionQueries,
  SessionService,
  SessionStreams,
  SessionSweep,
  SessionTokens,
} from '../modules/sessions/index.ts';
import { TypeOrmSessionStore } from '../modules/sessions/session.store.typeorm.ts';
import { createAdministratorCreation, PasswordCheck, SignInService } from '../modules/sign-in/index.ts';
import {
  type BcryptPool,
  createPasswordHasher,
  createPasswordPolicy,
  createReservedUsernames,
  createRoleChange,
  UserService,
} from '../modules/users/index.ts';
import { TypeOrmUserStore } from '../modules/users/user.store.typeorm.ts';
import type { Database } from '../platform/database/database.ts';
import { DatabaseEventLog } from '../platform/events/event-log.ts';
import { EventRelay } from '../platform/events/event-relay.ts';
import { LoggedCounters } from '../platform/logged-counters.ts';

interface Parts {
  readonly config: Config;
  readonly database: Database;
  readonly bus: EventBus;
  readonly pool: BcryptPool;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type Services = ReturnType<typeof createServices>;

/** A token may be issued by a request that began before its session's end had committed; no request takes this long. */
const SLOWEST_REQUEST_SECONDS = 30;

/** The use cases, on top of the adapters they need. */
export function createServices({ config, database, bus, pool, clock, logger }: Parts) {
  const limits: SessionLimits = { ...config.sessions, refreshGraceSeconds: config.refresh.graceSeconds };
  const { issuer, audience, signingKey, accessTtlSeconds: ttlSeconds } = config.tokens;
  const relay = new EventRelay({
    database,
    bus,
    revocationSeconds: ttlSeconds + clockToleranceSeconds,
    logger,
  });
  const events = new DatabaseEventLog(database, (recorded) => relay.publishCommitted(recorded));
  const counters = new LoggedCounters(logger);
  const userStore = new TypeOrmUserStore(database);
  const sessionStore = new TypeOrmSessionStore(database, limits);

  const accessTokens = createAccessTokens({
    keys: [signingKey],
    issuer,
    audience,
    ttlSeconds,
    clock,
  });
  const refreshTokens = createRefreshTokens(new SecretRing(config.refresh.secrets));
  const tokens = new SessionTokens({ accessTokens, refreshTokens, roles: config.roles });
  const revocations = new Revocations({
    keepForSeconds:
      Math.max(ttlSeconds + clockToleranceSeconds, tokenMemorySeconds) + SLOWEST_REQUEST_SECONDS,
  });
  const endings = new SessionEndings({ unitOfWork: database, events, revocations });

  const { minLength, peppers, bcryptCost: cost } = config.passwords;
  const policy = createPasswordPolicy({ minLength });
  const hasher = createPasswordHasher({ peppers: new SecretRing(peppers), cost, pool, logger });
  const check = new PasswordCheck({ users: userStore, hasher, unitOfWork: database, events, logger });

  const tokenStore = new TypeOrmPersonalAccessTokenStore(database);
  const credentials = new StoredCredentialCheck({
    users: userStore,
    sessions: sessionStore,
    tokens: tokenStore,
  });
  const common = { unitOfWork: database, events, credentials };
  const isReserved = createReservedUsernames(config.reservedUsernames);
  const users = new UserService({ store: userStore, isReserved, ...common });
  const sessionQueries = new SessionQueries(sessionStore);
  const sessions = new SessionService({
    store: sessionStore,
    queries: sessionQueries,
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
    counters,
    logger,
    ...common,
  });
  const createAdministrator = createAdministratorCreation({ users: userStore, policy, hasher, ...common });
  const activity = new SessionActivity({ store: sessionStore, limits, ...common });
  const authenticator = new SessionAuthenticator({
    accessTokens: rememberVerified(accessTokens, clock),
    revocations,
    activity,
    store: sessionStore,
    logger,
  });
  const streams = new SessionStreams({ bus, store: sessionStore, revocations, limits, clock });
  const revocationStore = new TypeOrmRevocationStore(database);
  const revocationFeed = new RevocationFeed({ bus, store: revocationStore, revocations, logger });
  const retentionSeconds = config.sessions.retentionSeconds;
  const sweep = new SessionSweep({ store: sessionStore, endings, retentionSeconds, ...common });

  const tokenUsage = new TokenUsage({ store: tokenStore, clock });
  const personalAccessTokens = new PersonalAccessTokenService({
    store: tokenStore,
    users: userStore,
    sessionQueries,
    revocations,
    roles: config.roles,
    limits: config.personalAccessTokens,
    ...common,
  });
  const signIn = new SignInService({
    users: userStore,
    sessions,
    personalAccessTokens,
    tokens,
    policy,
    check,
    hasher,
    isReserved,
    ...common,
  });
  const tokenAuthenticator = new PersonalAccessTokenAuthenticator({
    store: tokenStore,
    revocations,
    usage: tokenUsage,
    roles: config.roles,
    clock,
    ...common,
  });
  const changeRoles = createRoleChange({ users: userStore, roles: config.roles, ...common });

  return {
    accessTokens,
    activity,
    authenticateToken: async (token: string, origin: Origin): Promise<Principal | null> =>
      looksLikeToken(token)
        ? tokenAuthenticator.authenticate(token, origin)
        : authenticator.authenticate(token),
    changeRoles,
    counters,
    createAdministrator,
    events,
    limits,
    personalAccessTokens,
    refreshSession,
    relay,
    revocationFeed,
    sessionQueries,
    sessions,
    signIn,
    streams,
    sweep,
    tokenUsage,
    users,
  };
}
