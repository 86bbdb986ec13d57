import { SecretRing } from '../../core/secret-ring.ts';
import {
  BcryptPasswordHasher,
  createPasswordPolicy,
  PasswordAdministration,
  PasswordCheck,
  PasswordService,
  SignupService,
} from '../../modules/passwords/index.ts';
import { passwordEvents } from '../../modules/passwords/password.events.ts';
import { passwordFieldScopes, passwordResolvers } from '../../modules/passwords/password.resolvers.ts';
import { PasswordEntity, TypeOrmPasswordStore } from '../../modules/passwords/password.store.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { limits } from './rate-limits.ts';
import { sessionService } from './sessions.ts';
import { transactions, userStore } from './shared.ts';
import { signInService } from './sign-in.ts';
import { reservedUsernames } from './users.ts';

const passwordStore = ({ database }: Parts) => new TypeOrmPasswordStore(database);

const passwordPolicy = ({ config }: Parts) => createPasswordPolicy({ minLength: config.passwords.minLength });

const passwordHasher = ({ config: { passwords }, pool, logger }: Parts) =>
  new BcryptPasswordHasher({
    peppers: new SecretRing(passwords.peppers),
    cost: passwords.bcryptCost,
    pool,
    logger,
  });

const passwordCheck = (parts: Parts) =>
  new PasswordCheck({
    store: parts.get(passwordStore),
    hasher: parts.get(passwordHasher),
    logger: parts.logger,
    ...parts.get(transactions),
  });

export const signupService = (parts: Parts) =>
  new SignupService({
    users: parts.get(userStore),
    signIn: parts.get(signInService),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    isReserved: parts.get(reservedUsernames),
    ...parts.get(transactions),
  });

export const passwordService = (parts: Parts) =>
  new PasswordService({
    store: parts.get(passwordStore),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    signIn: parts.get(signInService),
    policy: parts.get(passwordPolicy),
    check: parts.get(passwordCheck),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });

export const passwordAdministration = (parts: Parts) =>
  new PasswordAdministration({
    store: parts.get(passwordStore),
    users: parts.get(userStore),
    sessions: parts.get(sessionService),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    ...parts.get(transactions),
  });

export const passwords: Feature = {
  entities: [PasswordEntity],
  fieldScopes: passwordFieldScopes,
  events: passwordEvents,
  resolvers: (parts) => [
    passwordResolvers({ signups: parts.get(signupService), passwords: parts.get(passwordService) }),
  ],
};
