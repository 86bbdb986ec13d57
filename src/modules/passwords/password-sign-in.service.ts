import { forbidden, OverloadedError, unauthenticated } from '../../core/errors.ts';
import type { NewEvent } from '../../core/events.ts';
import { newId, type SessionId, type UserId } from '../../core/ids.ts';
import type { CredentialCheck, EventLog, HashingTurn, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type Origin, requireSession } from '../../core/principal.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import type { RefreshTokenTransport, Session, SessionService, SessionTokens } from '../sessions/index.ts';
import type {
  ChangePasswordOutcome,
  InvalidInput,
  LoginOutcome,
  RateLimited,
  ReauthenticateOutcome,
  SignedIn,
  SignupOutcome,
} from '../sign-in/index.ts';
import { parseIdentifier, type ReservedUsernames, type User, type UserStore } from '../users/index.ts';
import type { PasswordCheck } from './password-check.ts';
import { isAcceptableLength, PASSWORD_MAX_LENGTH, type PasswordPolicy } from './password-policy.ts';
import { parseSignup, type SignupInput } from './signup-input.ts';

export interface LoginInput {
  readonly identifier: string;
  readonly password: string;
}

export interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly revokePersonalAccessTokens: boolean;
}

interface Dependencies {
  readonly users: UserStore;
  readonly sessions: SessionService;
  readonly personalAccessTokens: PersonalAccessTokenService;
  readonly tokens: SessionTokens;
  readonly policy: PasswordPolicy;
  readonly check: PasswordCheck;
  readonly hasher: PasswordHasher;
  readonly credentials: CredentialCheck;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly isReserved: ReservedUsernames;
}

/** Everything that a password is shown for. */
export class SignInService {
  readonly #users: UserStore;
  readonly #sessions: SessionService;
  readonly #personalAccessTokens: PersonalAccessTokenService;
  readonly #tokens: SessionTokens;
  readonly #policy: PasswordPolicy;
  readonly #check: PasswordCheck;
  readonly #hasher: PasswordHasher;
  readonly #credentials: CredentialCheck;
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #isReserved: ReservedUsernames;

  constructor(dependencies: Dependencies) {
    this.#users = dependencies.users;
    this.#sessions = dependencies.sessions;
    this.#personalAccessTokens = dependencies.personalAccessTokens;
    this.#tokens = dependencies.tokens;
    this.#policy = dependencies.policy;
    this.#check = dependencies.check;
    this.#hasher = dependencies.hasher;
    this.#credentials = dependencies.credentials;
    this.#unitOfWork = dependencies.unitOfWork;
    this.#events = dependencies.events;
    this.#isReserved = dependencies.isReserved;
  }

  signup({ origin }: Caller, input: SignupInput, transport: RefreshTokenTransport): Promise<SignupOutcome> {
    return shedding<SignupOutcome>(async () => {
      const parsing = parseSignup(input, this.#policy);
      if (parsing.kind === 'invalid_input') return parsing;
      const { password, ...names } = parsing.signup;
      // Before any look-up, so that the answer says nothing about the address.
      if (names.username !== null && this.#isReserved(names.username)) return { kind: 'username_taken' };
      const turn = turnOfIdentifier(origin, { kind: 'email', key: names.email.key });
      const passwordHash = await this.#hasher.hash(password, turn);
      const outcome = await this.#unitOfWork.run(async () => {
        const newUser = { ...names, id: newId<User['id']>(), emailVerified: false, roles: ['user'] };
        const registration = await this.#users.register(newUser, passwordHash);
        if (registration.kind !== 'registered') return registration;
        const { user } = registration;
        await this.#events.record(successOf(user, 'user.registered', null, origin));
        return {
          kind: 'opened' as const,
          user,
          session: await this.#sessions.open(user.id, ['pwd'], transport, origin),
        };
      });
      return outcome.kind === 'opened' ? this.#signedIn(outcome.user, outcome.session) : outcome;
    });
  }

  login({ origin }: Caller, input: LoginInput, transport: RefreshTokenTransport): Promise<LoginOutcome> {
    return shedding<LoginOutcome>(async () => {
      const invalid = invalidLogin(input);
      if (invalid !== null) return invalid;
      const identifier = parseIdentifier(input.identifier);
      const candidate = identifier && (await this.#users.findByIdentifier(identifier));
      const turn = turnOfIdentifier(
        origin,
        identifier ?? { kind: 'text', key: input.identifier.slice(0, 100) },
      );
      const passed = await this.#check.passes(input.password, candidate, {
        failure: 'user.login_failed',
        origin,
        turn,
      });
      if (!passed || candidate === null) return { kind: 'invalid_credentials' };
      const outcome = await this.#unitOfWork.run(async () => {
        const locked = await this.#check.lockIfUnchanged(candidate);
        if (locked === null) return { kind: 'invalid_credentials' as const };
        const { user } = locked;
        if (user.accountStatus === 'DISABLED') {
          await this.#events.record({
            ...successOf(user, 'user.login_failed', null, origin),
            outcome: 'FAILURE',
          });
          return { kind: 'account_disabled' as const };
        }
        const session = await this.#sessions.open(user.id, ['pwd'], transport, origin);
        await this.#users.touch(user.id);
        await this.#events.record(successOf(user, 'user.login', session.id, origin));
        return { kind: 'opened' as const, user, session };
      });
      return outcome.kind === 'opened' ? this.#signedIn(outcome.user, outcome.session) : outcome;
    });
  }

  /** Ends the calling session and opens one in its place, so that a stolen access token does not gain what follows. */
  reauthenticate(caller: Caller, password: string): Promise<ReauthenticateOutcome> {
    const { userId, sessionId } = requireSession(caller);
    const { origin } = caller;
    return shedding<ReauthenticateOutcome>(async () => {
      const candidate = await this.#users.findWithPassword(userId);
      const turn = turnOfUser(origin, userId);
      const passed = await this.#check.passes(password, candidate, {
        failure: 'user.password_check_failed',
        origin,
        turn,
      });
      if (!passed || candidate === null) return { kind: 'invalid_credentials' };
      const opened = await this.#unitOfWork.run(async () => {
        const locked = await this.#check.lockIfUnchanged(candidate);
        if (locked === null) return null;
        const { user } = locked;
        if (user.accountStatus === 'DISABLED') throw forbidden('This account is disabled.');
        // In place of `requireLive`: only a live session can be ended.
        const ended = await this.#sessions.end(sessionId, 'REAUTHENTICATED', userId, origin);
        if (ended === null) throw unauthenticated('Your session has ended. Sign in again.');
        return {
          user,
          session: await this.#sessions.open(userId, ['pwd'], ended.refreshTokenTransport, origin),
        };
      });
      return opened === null ? { kind: 'invalid_credentials' } : this.#signedIn(opened.user, opened.session);
    });
  }

  changePassword(
    caller: Caller,
    { currentPassword, newPassword, revokePersonalAccessTokens }: PasswordChange,
  ): Promise<ChangePasswordOutcome> {
    const { userId, sessionId } = requireSession(caller);
    const { origin } = caller;
    return shedding<ChangePasswordOutcome>(async () => {
      const candidate = await this.#users.findWithPassword(userId);
      const { email, username, name } = candidate?.user ?? {};
      const ownWords = { email, username: username ?? undefined, name: name ?? undefined };
      const invalid = this.#policy.check(newPassword, ownWords, ['newPassword']);
      if (invalid !== null) return { kind: 'invalid_input', fields: [invalid] };
      const turn = turnOfUser(origin, userId);
      const passed = await this.#check.passes(currentPassword, candidate, {
        failure: 'user.password_check_failed',
        origin,
        turn,
      });
      if (!passed || candidate === null) return { kind: 'invalid_credentials' };
      const passwordHash = await this.#hasher.hash(newPassword, turn);
      return this.#unitOfWork.run(async () => {
        await this.#credentials.requireLive(caller);
        const locked = await this.#check.lockIfUnchanged(candidate);
        if (locked === null) return { kind: 'invalid_credentials' };
        await this.#users.setPassword(userId, passwordHash);
        await this.#events.record(successOf(locked.user, 'user.password_changed', sessionId, origin));
        const ended = await this.#sessions.endAllOf(userId, 'PASSWORD_CHANGED', sessionId, caller);
        if (revokePersonalAccessTokens)
          await this.#personalAccessTokens.revokeAllOf(userId, 'PASSWORD_CHANGED', caller);
        return { kind: 'changed', user: locked.user, terminatedSessionCount: ended.length };
      });
    });
  }

  #signedIn(user: User, session: Session): SignedIn {
    return { kind: 'signed_in', user, session, tokens: this.#tokens.issue(session, user) };
  }
}

/** What no account's password or name can look like is told at once, and alike for known and unknown accounts. */
function invalidLogin({ identifier, password }: LoginInput): InvalidInput | null {
  const field = (path: string, code: 'REQUIRED' | 'TOO_LONG', message: string): InvalidInput => ({
    kind: 'invalid_input',
    fields: [{ path: [path], code, message }],
  });
  if (identifier.trim() === '')
    return field('identifier', 'REQUIRED', 'Enter your e-mail address or username.');
  if (password === '') return field('password', 'REQUIRED', 'Enter your password.');
  if (isAcceptableLength(password)) return null;
  return field('password', 'TOO_LONG', `Passwords have at most ${PASSWORD_MAX_LENGTH} characters.`);
}

/**
 * The queue of an identifier as it was given, not of the account found by it: if two identifiers of one account shared a
 * queue, their delays would reveal that they belong together.
 */
function turnOfIdentifier(
  { ipAddress }: Origin,
  { kind, key }: { readonly kind: 'email' | 'username' | 'text'; readonly key: string },
): HashingTurn {
  return { address: ipAddress, subject: `${kind}:${key}` };
}

function turnOfUser({ ipAddress }: Origin, userId: UserId): HashingTurn {
  return { address: ipAddress, subject: `user:${userId}` };
}

/** Turns a full hashing queue into the outcome that tells the caller when to try again. */
async function shedding<Outcome>(work: () => Promise<Outcome | RateLimited>): Promise<Outcome | RateLimited> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OverloadedError)
      return { kind: 'rate_limited', retryAfterSeconds: error.retryAfterSeconds };
    throw error;
  }
}

function successOf(
  user: User,
  type: NewEvent['type'],
  sessionId: SessionId | null,
  origin: Origin,
): NewEvent {
  const data = { userId: user.id, ...(sessionId === null ? {} : { sessionId }) };
  return { type, outcome: 'SUCCESS', actorId: user.id, subjectId: user.id, sessionId, origin, data };
}
