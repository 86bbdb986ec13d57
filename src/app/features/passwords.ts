import { SecretRing } from '../../core/secret-ring.ts';
import {
  accountLockFieldScopes,
  accountLockResolvers,
} from '../../modules/passwords/account-locks.resolvers.ts';
import {
  AccountLocks,
  createPasswordPolicy,
  LoginDefence,
  PasswordAdministration,
  PasswordCheck,
  PasswordService,
  PooledPasswordHasher,
  SignupService,
  SuspiciousAddresses,
} from '../../modules/passwords/index.ts';
import { passwordEvents } from '../../modules/passwords/password.events.ts';
import { passwordFieldScopes, passwordResolvers } from '../../modules/passwords/password.resolvers.ts';
import { PasswordEntity, TypeOrmPasswordStore } from '../../modules/passwords/password.store.typeorm.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { knownDevices } from './known-devices.ts';
import { lockouts } from './lockout.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { limits } from './rate-limits.ts';
import { sessionService } from './sessions.ts';
import { digest, transactions, userStore } from './shared.ts';
import { signInService } from './sign-in.ts';
import { reservedUsernames, userAdministration } from './users.ts';

const passwordStore = ({ database }: Parts) => new TypeOrmPasswordStore(database);

const passwordPolicy = ({ config }: Parts) => createPasswordPolicy({ minLength: config.passwords.minLength });

const passwordHasher = ({ config: { passwords }, pool, logger }: Parts) =>
  new PooledPasswordHasher({
    peppers: new SecretRing(passwords.peppers),
    algorithm: passwords.algorithm,
    cost: passwords.bcryptCost,
    pool,
    logger,
  });

const passwordCheck = (parts: Parts) =>
  new PasswordCheck({
    store: parts.get(passwordStore),
    hasher: parts.get(passwordHasher),
    lockout: parts.get(lockouts),
    logger: parts.logger,
    ...parts.get(transactions),
  });

const loginDefence = (parts: Parts) =>
  new LoginDefence({
    check: parts.get(passwordCheck),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    devices: parts.get(knownDevices),
    addresses: new SuspiciousAddresses({
      limiter: parts.limiter,
      digest: parts.get(digest),
      suspiciousFrom: parts.config.suspiciousFrom,
    }),
    delay: parts.delay,
    ...parts.get(transactions),
  });

export const accountLocks = (parts: Parts) =>
  new AccountLocks({
    lockout: parts.get(lockouts),
    users: parts.get(userStore),
    userAdministration: parts.get(userAdministration),
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
    defence: parts.get(loginDefence),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });

export const passwordAdministration = (parts: Parts) =>
  new PasswordAdministration({
    store: parts.get(passwordStore),
    users: parts.get(userStore),
    userAdministration: parts.get(userAdministration),
    sessions: parts.get(sessionService),
    locks: parts.get(accountLocks),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    ...parts.get(transactions),
  });

export const passwords: Feature = {
  entities: [PasswordEntity],
  fieldScopes: { ...passwordFieldScopes, ...accountLockFieldScopes },
  events: passwordEvents,
  resolvers: (parts) => [
    passwordResolvers({
      signups: parts.get(signupService),
      passwords: parts.get(passwordService),
      devices: parts.get(knownDevices),
    }),
    accountLockResolvers(parts.get(accountLocks)),
  ],
};
