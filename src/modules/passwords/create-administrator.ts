import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import { newId, type UserId } from '../../core/ids.ts';
import type { EventLog, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Registration, UserDirectory } from '../users/index.ts';
import type { InvalidInput } from './outcomes.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseSignup, type SignupInput } from './signup-input.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'register'>;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** Makes an account with all of an administrator's rights: for the operator, who has the machine and needs no credential. */
export type CreateAdministrator = (input: SignupInput) => Promise<Registration | InvalidInput>;

export function createAdministratorCreation(dependencies: Dependencies): CreateAdministrator {
  const { users, policy, hasher, unitOfWork, events } = dependencies;
  return async (input) => {
    const parsing = parseSignup(input, policy);
    if (parsing.kind === 'invalid_input') return parsing;
    const { password, ...names } = parsing.signup;
    const passwordHash = await hasher.hash(password, null);
    return unitOfWork.run(async () => {
      const roles = ['user', 'admin'];
      // The operator vouches for the address.
      const registration = await users.register(
        { ...names, id: newId<UserId>(), emailVerified: true, roles },
        passwordHash,
      );
      if (registration.kind !== 'registered') return registration;
      const { id: userId } = registration.user;
      await events.record(eventBy(system, 'user.registered', { userId, roles }));
      return registration;
    });
  };
}
