import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import { newId, type UserId } from '../../core/ids.ts';
import type { EventLog, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import type { DeferredRequests } from '../deferred-requests/index.ts';
import { type EmailVerification, mayReplacePassword, VERIFICATION_HOURS } from '../email-addresses/index.ts';
import type { MailQueue } from '../mail/index.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import { type RefreshTokenTransport, requestedBy } from '../sessions/index.ts';
import type { SignInService } from '../sign-in/index.ts';
import {
  type AccountName,
  lockActiveByEmail,
  type NewUser,
  type Registration,
  type ReservedUsernames,
  type User,
  type UserDirectory,
  type UsernameReservations,
} from '../users/index.ts';
import { turnOf } from './hashing-turn.ts';
import type { SignupOutcome } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { PasswordSignup } from './pending-signup.ts';
import { parseSignup, type SignupInput } from './signup-input.ts';
import { subjectOf } from './subjects.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'register' | 'findByIdentifier' | 'lock'>;
  readonly passwords: Pick<PasswordStore, 'find'>;
  readonly reservations: Pick<UsernameReservations, 'reserve'>;
  readonly signIn: SignInService;
  readonly verification: EmailVerification;
  readonly deferred: DeferredRequests;
  readonly mails: MailQueue;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly limits: RateLimits;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly isReserved: ReservedUsernames;
}

/**
 * Registers users with a password. Where addresses need not be confirmed it signs them in; otherwise its answer and time are the
 * same for new and known addresses, and which it is is decided afterwards.
 */
export class SignupService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  signup(caller: Caller, input: SignupInput, transport: RefreshTokenTransport): Promise<SignupOutcome> {
    const { policy, hasher, limits, signIn, isReserved, verification, unitOfWork } = this.#deps;
    const { origin } = caller;
    return shedding<SignupOutcome>(async () => {
      const parsing = parseSignup(input, policy);
      if (parsing.kind === 'invalid_input') return parsing;
      const { password, ...names } = parsing.signup;
      const { text, key } = names.email;
      const subject = subjectOf({ kind: 'email', key }, text);
      await limits.spend(origin, [
        'signup.address',
        { limit: 'signup.identifier', subject },
        ...(verification.isRequired ? (['mail.address'] as const) : []),
      ]);
      // Before any look-up, so that the response reveals nothing about the e-mail address.
      if (names.username !== null && isReserved(names.username)) return { kind: 'username_taken' };
      await unitOfWork.requireAvailable();
      const passwordHash = await hasher.hash(password, turnOf(origin, subject));
      if (verification.isRequired) return this.#defer(origin, { ...names, passwordHash }, input.email);
      const register = () => this.#register(origin, names, passwordHash);
      return signIn.openFirst(caller, register, ['pwd'], transport);
    });
  }

  /** Decides a sign-up, within a transaction: a new account, a further sign-up of an unconfirmed one, or a notice to the owner. */
  async decide({ email, ...signup }: DeferredSignup, origin: Origin): Promise<void> {
    const { users, verification, mails, events } = this.#deps;
    const by = requestedBy(origin);
    // The username is the user's once the address is confirmed.
    const newUser = { ...newUserOf(email), username: null, name: null };
    const registration = await users.register(newUser, signup.passwordHash);
    if (registration.kind === 'registered') {
      const { id: userId } = registration.user;
      await events.record(eventBy({ userId, origin }, 'user.registered', { userId }));
      const pending = { signup, createdAccount: true, requestedBy: by };
      return verification.send(registration.user, origin, pending);
    }
    const user = await lockActiveByEmail(users, email.key);
    if (user === null) return;
    if (await this.#isOpen(user))
      return verification.send(user, origin, { signup, createdAccount: false, requestedBy: by });
    const kind = 'signup-with-known-email';
    if (await mails.admits(email.key, kind))
      await mails.add({ kind, userId: user.id, recipient: email.key, data: by, origin });
  }

  /**
   * Whether the password of a further sign-up may become the account's, once the owner of the address confirms it. Not that of an
   * account which an operator made: invited, or with a role.
   */
  async #isOpen(user: User): Promise<boolean> {
    return mayReplacePassword(user) && (await this.#deps.passwords.find(user.id))?.password != null;
  }

  async #register(
    origin: Origin,
    names: Pick<NewUser, 'email' | 'username' | 'name'>,
    passwordHash: string,
  ): Promise<Registration> {
    const { users, events, verification } = this.#deps;
    const registration = await users.register({ ...newUserOf(names.email), ...names }, passwordHash);
    if (registration.kind !== 'registered') return registration;
    const { user } = registration;
    await events.record(eventBy({ userId: user.id, origin }, 'user.registered', { userId: user.id }));
    await verification.send(user, origin, null);
    return registration;
  }

  async #defer(origin: Origin, signup: DeferredSignup, typed: string): Promise<SignupOutcome> {
    const { unitOfWork, outcomes, reservations, deferred } = this.#deps;
    const { username, email } = signup;
    return unitOfWork.run<SignupOutcome>(async () => {
      const seconds = VERIFICATION_HOURS * 3_600;
      if (username !== null && !(await reservations.reserve(username, email.key, seconds)))
        return { kind: 'username_taken' };
      await deferred.add('signup', signup, origin);
      return outcomes.keep({ kind: 'email_verification_required', email: typed });
    });
  }
}

type DeferredSignup = PasswordSignup & { readonly email: AccountName };

const newUserOf = (email: AccountName) => ({
  id: newId<UserId>(),
  email,
  emailVerified: false,
  roles: ['user'],
  isProvisioned: false,
});

declare module '../../core/deferred-requests.ts' {
  interface DeferredRequestData {
    /** A sign-up where addresses must be confirmed. */
    readonly signup: DeferredSignup;
  }
}
