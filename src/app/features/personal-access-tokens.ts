import {
  ExpiryNotices,
  PersonalAccessTokenService,
  PersonalAccessTokenVerifier,
  TokenUsage,
} from '../../modules/personal-access-tokens/index.ts';
import { personalAccessTokenEvents } from '../../modules/personal-access-tokens/personal-access-token.events.ts';
import {
  personalAccessTokenFieldScopes,
  personalAccessTokenFinders,
  personalAccessTokenResolvers,
} from '../../modules/personal-access-tokens/personal-access-token.resolvers.ts';
import {
  PersonalAccessTokenEntity,
  personalTokens,
} from '../../modules/personal-access-tokens/personal-access-token.store.typeorm.ts';
import { createPersonalAccessTokenLoaders } from '../../modules/personal-access-tokens/personal-access-token.view.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { mailQueue } from './mail.ts';
import { limits } from './rate-limits.ts';
import { revocationList } from './revocations.ts';
import { sessionQueries } from './sessions.ts';
import { personalAccessTokenStore, roleCatalogue, transactions, userStore } from './shared.ts';
import { userLoaders } from './users.ts';

export const tokenUsage = (parts: Parts) =>
  new TokenUsage({
    store: parts.get(personalAccessTokenStore),
    rateLimits: parts.get(limits),
    clock: parts.clock,
  });

export const personalAccessTokenService = (parts: Parts) =>
  new PersonalAccessTokenService({
    store: parts.get(personalAccessTokenStore),
    users: parts.get(userStore),
    sessionQueries: parts.get(sessionQueries),
    roleCatalogue: parts.get(roleCatalogue),
    limits: parts.config.personalAccessTokens,
    rateLimits: parts.get(limits),
    ...parts.get(transactions),
  });

export const personalAccessTokenVerifier = (parts: Parts) =>
  new PersonalAccessTokenVerifier({
    store: parts.get(personalAccessTokenStore),
    revocations: parts.get(revocationList),
    usage: parts.get(tokenUsage),
    roleCatalogue: parts.get(roleCatalogue),
    clock: parts.clock,
    ...parts.get(transactions),
  });

export const expiryNotices = (parts: Parts) =>
  new ExpiryNotices({
    store: parts.get(personalAccessTokenStore),
    mails: parts.get(mailQueue),
    unitOfWork: parts.database,
  });

export const personalAccessTokens: Feature = {
  entities: [PersonalAccessTokenEntity],
  personalData: () => [personalTokens],
  fieldScopes: personalAccessTokenFieldScopes,
  events: personalAccessTokenEvents,
  finders: (parts) => personalAccessTokenFinders(parts.get(personalAccessTokenService)),
  resolvers: (parts) => {
    const service = parts.get(personalAccessTokenService);
    return [
      personalAccessTokenResolvers({
        personalAccessTokens: service,
        roleCatalogue: parts.get(roleCatalogue),
        personalAccessTokenLoaders: createPersonalAccessTokenLoaders(service),
        userLoaders: parts.get(userLoaders),
      }),
    ];
  },
  purges: (parts) => [
    {
      what: 'personal access tokens that ended',
      run: (limit) => parts.get(personalAccessTokenService).purge(limit),
    },
  ],
  jobs: (parts) => {
    const usage = parts.get(tokenUsage);
    const { logger } = parts;
    return [
      new Periodic({
        name: 'token usage',
        intervalMs: 30_000,
        logger,
        work: () => usage.flush(),
        runsAtStop: true,
      }),
      new Periodic({
        name: 'expiry notices',
        intervalMs: 600_000,
        logger,
        work: () => parts.get(expiryNotices).run(),
      }),
    ];
  },
};
