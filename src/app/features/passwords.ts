import { SecretRing } from '../../core/secret-ring.ts';
import { personalLockouts } from '../../modules/lockout/lockout.store.typeorm.ts';
import {
  accountLockFieldScopes,
  accountLockResolvers,
} from '../../modules/passwords/account-locks.resolvers.ts';
import {
  AccountDeletion,
  AccountLocks,
  createPasswordPolicy,
  LoginDefence,
  PasswordAdministration,
  PasswordCheck,
  PasswordReplacement,
  PasswordReset,
  PasswordService,
  PooledPasswordHasher,
  SignupService,
  SuspiciousAddresses,
} from '../../modules/passwords/index.ts';
import { passwordEvents } from '../../modules/passwords/password.events.ts';
import { passwordFieldScopes, passwordResolvers } from '../../modules/passwords/password.resolvers.ts';
import { PasswordEntity, personalPassword } from '../../modules/passwords/password.store.typeorm.ts';
import {
  passwordAdministrationFieldScopes,
  passwordAdministrationResolvers,
} from '../../modules/passwords/password-administration.resolvers.ts';
import type { Feature } from '../feature.ts';
import type { Parts } from '../parts.ts';
import { accountRemoval, authority } from './administration.ts';
import { emailVerification } from './email-addresses.ts';
import { knownDevices } from './known-devices.ts';
import { lockouts } from './lockout.ts';
import { deferredRequests, mailQueue } from './mail.ts';
import { oneTimeTokens } from './one-time-tokens.ts';
import { personalAccessTokenService } from './personal-access-tokens.ts';
import { limits } from './rate-limits.ts';
import { sessionService } from './sessions.ts';
import { digest, passwordStore, roleCatalogue, transactions, userStore } from './shared.ts';
import { signInService } from './sign-in.ts';
import { reservedUsernames, usernameReservations } from './users.ts';

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
    ...parts.get(transactions),
  });

export const signupService = (parts: Parts) =>
  new SignupService({
    users: parts.get(userStore),
    passwords: parts.get(passwordStore),
    signIn: parts.get(signInService),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    reservations: parts.get(usernameReservations),
    verification: parts.get(emailVerification),
    deferred: parts.get(deferredRequests),
    mails: parts.get(mailQueue),
    isReserved: parts.get(reservedUsernames),
    ...parts.get(transactions),
  });

export const passwordService = (parts: Parts) =>
  new PasswordService({
    store: parts.get(passwordStore),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    tokens: parts.get(oneTimeTokens),
    signIn: parts.get(signInService),
    policy: parts.get(passwordPolicy),
    check: parts.get(passwordCheck),
    defence: parts.get(loginDefence),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });

const passwordReplacement = (parts: Parts) =>
  new PasswordReplacement({
    store: parts.get(passwordStore),
    users: parts.get(userStore),
    tokens: parts.get(oneTimeTokens),
    sessions: parts.get(sessionService),
    personalAccessTokens: parts.get(personalAccessTokenService),
    locks: parts.get(accountLocks),
    revokesPersonalAccessTokens: parts.config.passwords.resetRevokesTokens,
    events: parts.events,
  });

export const passwordReset = (parts: Parts) =>
  new PasswordReset({
    users: parts.get(userStore),
    tokens: parts.get(oneTimeTokens),
    replacement: parts.get(passwordReplacement),
    mails: parts.get(mailQueue),
    deferred: parts.get(deferredRequests),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });

const accountDeletion = (parts: Parts) =>
  new AccountDeletion({
    store: parts.get(passwordStore),
    check: parts.get(passwordCheck),
    removal: parts.get(accountRemoval),
    limits: parts.get(limits),
    ...parts.get(transactions),
  });

export const passwordAdministration = (parts: Parts) =>
  new PasswordAdministration({
    users: parts.get(userStore),
    authority: parts.get(authority),
    verification: parts.get(emailVerification),
    replacement: parts.get(passwordReplacement),
    tokens: parts.get(oneTimeTokens),
    mails: parts.get(mailQueue),
    roleCatalogue: parts.get(roleCatalogue),
    policy: parts.get(passwordPolicy),
    hasher: parts.get(passwordHasher),
    ...parts.get(transactions),
  });

export const passwords: Feature = {
  entities: [PasswordEntity],
  personalData: (parts) => [
    personalPassword,
    personalLockouts((person) => parts.get(accountLocks).rowKeysOf(person)),
  ],
  fieldScopes: { ...passwordFieldScopes, ...passwordAdministrationFieldScopes, ...accountLockFieldScopes },
  events: passwordEvents,
  resolvers: (parts) => [
    passwordResolvers({
      signIns: parts.get(signInService),
      signups: parts.get(signupService),
      passwords: parts.get(passwordService),
      resets: parts.get(passwordReset),
      deletion: parts.get(accountDeletion),
      devices: parts.get(knownDevices),
    }),
    passwordAdministrationResolvers(parts.get(passwordAdministration)),
    accountLockResolvers(parts.get(accountLocks)),
  ],
  onRecorded: (parts, events) => parts.get(accountLocks).noteRenames(events),
  deferredRequests: (parts) => ({
    signup: (data, origin) => parts.get(signupService).decide(data, origin),
    password_reset: (data, origin) => parts.get(passwordReset).decide(data, origin),
  }),
};
