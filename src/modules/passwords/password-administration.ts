import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import { newId, type UserId } from '../../core/ids.ts';
import type { EventLog, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { SessionService } from '../sessions/index.ts';
import type { Registration, User, UserAdministration, UserDirectory } from '../users/index.ts';
import type { AccountLocks } from './account-locks.ts';
import type { InvalidInput } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseSignup, type SignupInput } from './signup-input.ts';

type SetPasswordOutcome =
  | { readonly kind: 'set'; readonly user: User; readonly terminatedSessionCount: number }
  | { readonly kind: 'not_found' }
  | InvalidInput;

interface Dependencies {
  readonly store: PasswordStore;
  readonly users: Pick<UserDirectory, 'lockAll' | 'register'>;
  readonly userAdministration: Pick<UserAdministration, 'find'>;
  readonly sessions: SessionService;
  readonly locks: AccountLocks;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/**
 * The operator's changes that take a password. Apart from `UserAdministration`, since `users` knows no passwords. No
 * authorisation: whoever runs the CLI has the configuration and the database.
 */
export class PasswordAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Creates a user with the roles `user` and `admin`. */
  async createAdministrator(input: SignupInput): Promise<Registration | InvalidInput> {
    const { users, policy, hasher, unitOfWork, events } = this.#deps;
    const parsing = parseSignup(input, policy);
    if (parsing.kind === 'invalid_input') return parsing;
    const { password, ...names } = parsing.signup;
    const passwordHash = await hasher.hash(password, null);
    return unitOfWork.run(async () => {
      const roles = ['user', 'admin'];
      // The operator vouches for the address.
      const newUser = { ...names, id: newId<UserId>(), emailVerified: true, roles };
      const registration = await users.register(newUser, passwordHash);
      if (registration.kind !== 'registered') return registration;
      const { id: userId } = registration.user;
      await events.record(eventBy(system, 'user.registered', { userId, roles }));
      return registration;
    });
  }

  /** Sets a user's password, and ends all of their sessions and locks. */
  async setPassword(identifier: string, password: string): Promise<SetPasswordOutcome> {
    const { store, users, userAdministration, sessions, locks, policy, hasher, unitOfWork, events } =
      this.#deps;
    const user = await userAdministration.find(identifier);
    if (user === null) return { kind: 'not_found' };
    const { id: userId, email, username, name } = user;
    const invalid = policy.check(password, { email, username, name });
    if (invalid !== null) return { kind: 'invalid_input', fields: [invalid] };
    const hash = await hasher.hash(password, null);
    return unitOfWork.run(async () => {
      await users.lockAll([userId]);
      await store.set(userId, hash);
      await events.record(eventBy(system, 'user.password_set', { userId }));
      await locks.endAllOf(system, user);
      const ended = await sessions.endAllOf(system, userId, 'PASSWORD_CHANGED', null);
      return { kind: 'set', user, terminatedSessionCount: ended.length };
    });
  }
}
