import { createDigest, type Digest } from '../../core/digest.ts';
import { RoleCatalogue } from '../../core/role-catalogue.ts';
import { SecretRing } from '../../core/secret-ring.ts';
import { createAccessTokens } from '../../modules/access-tokens/index.ts';
import { StoredCredentialCheck } from '../../modules/authentication/index.ts';
import { TypeOrmPasswordStore } from '../../modules/passwords/password.store.typeorm.ts';
import { TypeOrmPersonalAccessTokenStore } from '../../modules/personal-access-tokens/personal-access-token.store.typeorm.ts';
import { TypeOrmServiceClientStore } from '../../modules/service-clients/service-client.store.typeorm.ts';
import type { SessionLimits } from '../../modules/sessions/index.ts';
import { TypeOrmSessionStore } from '../../modules/sessions/session.store.typeorm.ts';
import { TypeOrmUserStore } from '../../modules/users/user.store.typeorm.ts';
import type { Parts } from '../parts.ts';
import { idempotentRequests } from './idempotency.ts';

export const accessTokens = ({ config, clock }: Parts) => {
  const { signingKeys: keys, accessTtlSeconds: ttlSeconds, ...others } = config.tokens;
  return createAccessTokens({ keys, ttlSeconds, clock, ...others });
};

/** One for each pepper: the first creates, all verify. */
export const digests = ({ config }: Parts): [Digest, ...Digest[]] => {
  const { current, all } = new SecretRing(config.passwords.peppers);
  return [createDigest(current.secret), ...all.slice(1).map(({ secret }) => createDigest(secret))];
};

export const digest = (parts: Parts) => parts.get(digests)[0];

export const roleCatalogue = ({ config }: Parts) => new RoleCatalogue(config.roles);

export const sessionLimits = ({ config }: Parts): SessionLimits => ({
  ...config.sessions,
  refreshGraceSeconds: config.refresh.graceSeconds,
});

export const userStore = ({ database }: Parts) => new TypeOrmUserStore(database);
export const passwordStore = ({ database }: Pick<Parts, 'database'>) => new TypeOrmPasswordStore(database);
export const sessionStore = (parts: Parts) =>
  new TypeOrmSessionStore(parts.database, parts.events, parts.get(sessionLimits));
export const personalAccessTokenStore = ({ database }: Parts) =>
  new TypeOrmPersonalAccessTokenStore(database);

export const serviceClientStore = ({ database }: Pick<Parts, 'database'>) =>
  new TypeOrmServiceClientStore(database);

/** Dependencies of every service that writes. */
export const transactions = (parts: Parts) => ({
  unitOfWork: parts.database,
  events: parts.events,
  outcomes: parts.get(idempotentRequests),
  credentials: new StoredCredentialCheck({
    users: parts.get(userStore),
    sessions: parts.get(sessionStore),
    personalAccessTokens: parts.get(personalAccessTokenStore),
    serviceClients: parts.get(serviceClientStore),
  }),
});
