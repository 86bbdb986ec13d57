import {
  ClientAuthentication,
  ServiceClientAdministration,
  ServiceClientDirectory,
  ServiceTokens,
  TokenRevocation,
} from '../../modules/service-clients/index.ts';
import { serviceClientEvents } from '../../modules/service-clients/service-client.events.ts';
import {
  ClientAssertionEntity,
  ServiceClientEntity,
  TypeOrmClientAssertionStore,
} from '../../modules/service-clients/service-client.store.typeorm.ts';
import { serviceTokenResolvers } from '../../modules/service-clients/service-token.resolvers.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { authentication } from './authentication.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { limits } from './rate-limits.ts';
import { revocationFeed, revocationList } from './revocations.ts';
import { sessionService } from './sessions.ts';
import { accessTokens, serviceClientStore } from './shared.ts';

const assertionStore = ({ database }: Parts) => new TypeOrmClientAssertionStore(database);

export const serviceClientDirectory = (parts: Parts) =>
  new ServiceClientDirectory({
    store: parts.get(serviceClientStore),
    revocations: parts.get(revocationList),
    feed: parts.get(revocationFeed),
    rateLimits: parts.get(limits),
  });

export const clientAuthentication = (parts: Parts) =>
  new ClientAuthentication({
    directory: parts.get(serviceClientDirectory),
    assertions: parts.get(assertionStore),
    rateLimits: parts.get(limits),
    events: parts.events,
    issuer: parts.config.tokens.issuer,
    clock: parts.clock,
  });

export const serviceTokens = (parts: Parts) =>
  new ServiceTokens({
    accessTokens: parts.get(accessTokens),
    authentication: parts.get(authentication),
    store: parts.get(serviceClientStore),
    rateLimits: parts.get(limits),
    unitOfWork: parts.database,
    events: parts.events,
  });

export const tokenRevocation = (parts: Parts) =>
  new TokenRevocation({
    authentication: parts.get(authentication),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    accessTokens: parts.get(accessTokens),
    rateLimits: parts.get(limits),
  });

export const serviceClientAdministration = (parts: Parts) =>
  new ServiceClientAdministration({
    store: parts.get(serviceClientStore),
    unitOfWork: parts.database,
    events: parts.events,
  });

export const serviceClients: Feature = {
  entities: [ServiceClientEntity, ClientAssertionEntity],
  events: serviceClientEvents,
  resolvers: (parts) => [
    serviceTokenResolvers({
      clients: parts.get(clientAuthentication),
      tokens: parts.get(serviceTokens),
    }),
  ],
  purges: (parts) => [
    { what: 'assertions of service clients', run: (limit) => parts.get(assertionStore).purge(limit) },
  ],
};
