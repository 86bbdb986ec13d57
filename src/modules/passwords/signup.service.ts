import { eventBy } from '../../core/events.ts';
import { newId, type UserId } from '../../core/ids.ts';
import type { EventLog, PasswordHasher } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import type { RefreshTokenTransport } from '../sessions/index.ts';
import type { SignInService } from '../sign-in/index.ts';
import type { NewUser, Registration, ReservedUsernames, UserDirectory } from '../users/index.ts';
import { turnOf } from './hashing-turn.ts';
import type { SignupOutcome } from './outcomes.ts';
import type { PasswordPolicy } from './password-policy.ts';
import { parseSignup, type SignupInput } from './signup-input.ts';
import { subjectOf } from './subjects.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'register'>;
  readonly signIn: SignInService;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly limits: RateLimits;
  readonly events: EventLog;
  readonly isReserved: ReservedUsernames;
}

/** Registers users with a password, and signs them in. */
export class SignupService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  signup(caller: Caller, input: SignupInput, transport: RefreshTokenTransport): Promise<SignupOutcome> {
    const { policy, hasher, limits, signIn, isReserved } = this.#deps;
    const { origin } = caller;
    return shedding<SignupOutcome>(async () => {
      const parsing = parseSignup(input, policy);
      if (parsing.kind === 'invalid_input') return parsing;
      const { password, ...names } = parsing.signup;
      const { text, key } = names.email;
      const subject = subjectOf({ kind: 'email', key }, text);
      await limits.spend(origin, ['signup.address', { limit: 'signup.identifier', subject }]);
      // Before any look-up, so that the response reveals nothing about the e-mail address.
      if (names.username !== null && isReserved(names.username)) return { kind: 'username_taken' };
      const passwordHash = await hasher.hash(password, turnOf(origin, subject));
      const register = () => {
        const newUser = { ...names, id: newId<UserId>(), emailVerified: false, roles: ['user'] };
        return this.#register(origin, newUser, passwordHash);
      };
      return signIn.openFirst(caller, register, ['pwd'], transport);
    });
  }

  async #register(origin: Origin, newUser: NewUser, passwordHash: string): Promise<Registration> {
    const { users, events } = this.#deps;
    const registration = await users.register(newUser, passwordHash);
    if (registration.kind !== 'registered') return registration;
    const { id: userId } = registration.user;
    await events.record(eventBy({ userId, origin }, 'user.registered', { userId }));
    return registration;
  }
}
