import { SecretRing } from '../../core/secret-ring.ts';
import { authenticationResolvers } from '../../modules/sessions/authentication.resolvers.ts';
import {
  createRefreshTokens,
  RefreshService,
  RefreshSteps,
  SessionActivity,
  SessionQueries,
  SessionService,
  SessionStreams,
  SessionSweep,
  SessionTokens,
  SessionUse,
} from '../../modules/sessions/index.ts';
import { personalSessions, SessionEntity } from '../../modules/sessions/session.entity.typeorm.ts';
import { sessionEvents } from '../../modules/sessions/session.events.ts';
import {
  sessionFieldScopes,
  sessionFinders,
  sessionResolvers,
} from '../../modules/sessions/session.resolvers.ts';
import { createSessionLoaders } from '../../modules/sessions/session.view.ts';
import {
  sessionChangeFieldScopes,
  sessionChangeResolvers,
} from '../../modules/sessions/session-change.resolvers.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { limits } from './rate-limits.ts';
import { revocationFeed, revocationList } from './revocations.ts';
import {
  accessTokens,
  roleCatalogue,
  sessionLimits,
  sessionStore,
  transactions,
  userStore,
} from './shared.ts';
import { userLoaders } from './users.ts';

const refreshTokens = ({ config }: Parts) => createRefreshTokens(new SecretRing(config.refresh.secrets));

export const sessionTokens = (parts: Parts) =>
  new SessionTokens({
    accessTokens: parts.get(accessTokens),
    refreshTokens: parts.get(refreshTokens),
    roleCatalogue: parts.get(roleCatalogue),
  });

export const sessionQueries = (parts: Parts) => new SessionQueries(parts.get(sessionStore));

export const sessionService = (parts: Parts) =>
  new SessionService({
    store: parts.get(sessionStore),
    queries: parts.get(sessionQueries),
    users: parts.get(userStore),
    refreshTokens: parts.get(refreshTokens),
    limits: parts.get(sessionLimits),
    ...parts.get(transactions),
  });

export const refreshService = (parts: Parts) => {
  const store = parts.get(sessionStore);
  const { unitOfWork, events } = parts.get(transactions);
  const { counters, logger } = parts;
  return new RefreshService({
    store,
    steps: new RefreshSteps({ store, unitOfWork, events, tokens: parts.get(sessionTokens), logger }),
    events,
    refreshTokens: parts.get(refreshTokens),
    revocations: parts.get(revocationList),
    limits: parts.get(sessionLimits),
    rateLimits: parts.get(limits),
    counters,
  });
};

export const sessionActivity = (parts: Parts) =>
  new SessionActivity({
    store: parts.get(sessionStore),
    limits: parts.get(sessionLimits),
    ...parts.get(transactions),
  });

export const sessionUse = (parts: Parts) =>
  new SessionUse({
    activity: parts.get(sessionActivity),
    store: parts.get(sessionStore),
    logger: parts.logger,
  });

export const sessionSweep = (parts: Parts) =>
  new SessionSweep({
    store: parts.get(sessionStore),
    retentionSeconds: parts.config.sessions.retentionSeconds,
    ...parts.get(transactions),
  });

const sessionStreams = (parts: Parts) =>
  new SessionStreams({
    bus: parts.bus,
    replay: parts.streamedEvents,
    store: parts.get(sessionStore),
    revocations: parts.get(revocationList),
    feed: parts.get(revocationFeed),
    limits: parts.get(sessionLimits),
    clock: parts.clock,
    logger: parts.logger,
  });

const sessionLoaders = (parts: Parts) => createSessionLoaders(parts.get(sessionQueries));

export const sessions: Feature = {
  entities: [SessionEntity],
  personalData: () => [personalSessions],
  fieldScopes: { ...sessionFieldScopes, ...sessionChangeFieldScopes },
  events: sessionEvents,
  finders: (parts) => sessionFinders(parts.get(sessionQueries)),
  resolvers: (parts) => [
    authenticationResolvers(parts.get(userLoaders), parts.get(sessionLimits)),
    sessionResolvers({
      sessions: parts.get(sessionService),
      sessionQueries: parts.get(sessionQueries),
      activity: parts.get(sessionActivity),
      refreshes: parts.get(refreshService),
      limits: parts.get(sessionLimits),
      sessionLoaders: parts.get(sessionLoaders),
      userLoaders: parts.get(userLoaders),
    }),
    sessionChangeResolvers({
      streams: parts.get(sessionStreams),
      sessionQueries: parts.get(sessionQueries),
    }),
  ],
  jobs: (parts) => {
    const activity = parts.get(sessionActivity);
    const sweep = parts.get(sessionSweep);
    const { logger } = parts;
    return [
      new Periodic({ name: 'session activity', intervalMs: 1_000, logger, work: () => activity.flush() }),
      new Periodic({ name: 'session sweep', intervalMs: 60_000, logger, work: () => sweep.run() }),
    ];
  },
  purges: (parts) => [
    { what: 'ended sessions', run: (limit) => parts.get(sessionSweep).purge(limit) },
    { what: 'events of session streams', run: (limit) => parts.streamedEvents.purge(limit) },
  ],
  drain: async (parts) => parts.get(sessionStreams).endAll(),
};
