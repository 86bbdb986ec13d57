import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import { anonymous, systemOrigin } from '../../core/principal.ts';
import type { SessionService } from '../sessions/index.ts';
import { parseIdentifier, type User, type UserDirectory } from '../users/index.ts';
import type { InvalidInput } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import type { PasswordPolicy } from './password-policy.ts';

export type SetPasswordOutcome =
  | { readonly kind: 'set'; readonly user: User; readonly terminatedSessionCount: number }
  | { readonly kind: 'not_found' }
  | InvalidInput;

interface Dependencies {
  readonly store: PasswordStore;
  readonly users: Pick<UserDirectory, 'lockAll'>;
  readonly sessions: SessionService;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** Sets a user's password and ends all of their sessions: for the operator, who has the machine and needs no credential. */
export type SetPassword = (identifier: string, password: string) => Promise<SetPasswordOutcome>;

export function createSetPassword(dependencies: Dependencies): SetPassword {
  const { store, users, sessions, policy, hasher, unitOfWork, events } = dependencies;
  return async (identifier, password) => {
    const parsed = parseIdentifier(identifier);
    const found = parsed && (await store.findByIdentifier(parsed));
    if (!found) return { kind: 'not_found' };
    const { user } = found;
    const { id: userId, email, username, name } = user;
    const invalid = policy.check(password, { email, username, name });
    if (invalid !== null) return { kind: 'invalid_input', fields: [invalid] };
    const hash = await hasher.hash(password, null);
    return unitOfWork.run(async () => {
      await users.lockAll([userId]);
      await store.set(userId, hash);
      await events.record(eventBy(system, 'user.password_set', { userId }));
      const operator = { principal: anonymous, origin: systemOrigin };
      const ended = await sessions.endAllOf(userId, 'PASSWORD_CHANGED', null, operator);
      return { kind: 'set', user, terminatedSessionCount: ended.length };
    });
  };
}
