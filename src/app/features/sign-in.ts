import { SecretRing } from '../../core/secret-ring.ts';
import {
  createAdministratorCreation,
  createPasswordHasher,
  createPasswordPolicy,
  PasswordCheck,
  SignInService,
} from '../../modules/passwords/index.ts';
import { signInFieldScopes, signInResolvers } from '../../modules/passwords/password.resolvers.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { sessionService, sessionTokens } from './sessions.ts';
import { transactions, userStore } from './shared.ts';
import { reservedUsernames } from './users.ts';

const passwordPolicy = ({ config }: Parts) => createPasswordPolicy({ minLength: config.passwords.minLength });

const passwordHasher = ({ config: { passwords }, pool, logger }: Parts) =>
  createPasswordHasher({
    peppers: new SecretRing(passwords.peppers),
    cost: passwords.bcryptCost,
    pool,
    logger,
  });

const passwordCheck = (parts: Parts) =>
  new PasswordCheck({
    users: parts.get(userStore),
    hasher: parts.get(passwordHasher),
    logger: parts.logger,
    ...parts.get(transactions),
  });

export const createAdministrator = (parts: Parts) =>
  createAdministratorCreation({
    users: parts.get(userStore),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    ...parts.get(transactions),
  });

export const signInService = (parts: Parts) =>
  new SignInService({
    users: parts.get(userStore),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    tokens: parts.get(sessionTokens),
    policy: parts.get(passwordPolicy),
    check: parts.get(passwordCheck),
    hasher: parts.get(passwordHasher),
    isReserved: parts.get(reservedUsernames),
    ...parts.get(transactions),
  });

export const signIn: Feature = {
  fieldScopes: signInFieldScopes,
  resolvers: (parts) => [signInResolvers(parts.get(signInService))],
};
