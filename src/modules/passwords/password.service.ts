import { actorOf } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { CredentialCheck, EventLog, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import { type Caller, requireSession } from '../../core/principal.ts';
import { maskEmail } from '../email-addresses/index.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import type { RefreshTokenTransport, SessionService } from '../sessions/index.ts';
import type { SignInService } from '../sign-in/index.ts';
import { parseIdentifier } from '../users/index.ts';
import type { LoginDefence } from './login-defence.ts';
import type { ChangePasswordOutcome, LoginOutcome, ReauthenticateOutcome } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import { accountLocked, attemptBy, type PasswordCheck } from './password-check.ts';
import { isAcceptableLength, PASSWORD_MAX_LENGTH, type PasswordPolicy } from './password-policy.ts';
import { subjectOf } from './subjects.ts';

export interface LoginInput {
  readonly identifier: string;
  readonly password: string;
}

interface PasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  readonly revokePersonalAccessTokens: boolean;
}

interface Dependencies {
  readonly store: PasswordStore;
  readonly sessions: SessionService;
  readonly personalAccessTokens: PersonalAccessTokenService;
  readonly tokens: Pick<OneTimeTokens, 'revokeAllOf'>;
  readonly signIn: SignInService;
  readonly policy: PasswordPolicy;
  readonly check: PasswordCheck;
  readonly defence: LoginDefence;
  readonly hasher: PasswordHasher;
  readonly limits: RateLimits;
  readonly credentials: CredentialCheck;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** Use cases that check the user's current password: sign in, reauthenticate, change it. */
export class PasswordService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** `deviceToken`: the cookie of a device that has signed in before. */
  login(
    caller: Caller,
    input: LoginInput,
    transport: RefreshTokenTransport,
    deviceToken: string | null = null,
  ): Promise<LoginOutcome> {
    const { store, defence, signIn, limits } = this.#deps;
    const { origin } = caller;
    return shedding<LoginOutcome>(async () => {
      const invalid = invalidLogin(input);
      if (invalid !== null) return invalid;
      const identifier = parseIdentifier(input.identifier);
      const subject = subjectOf(identifier, input.identifier);
      await limits.spend(origin, ['login.address']);
      const candidate = identifier && (await store.findByIdentifier(identifier));
      const login = { origin, subject, password: input.password, deviceToken };
      const proof = await defence.prove(login, candidate);
      if (proof === null) return { kind: 'invalid_credentials' };
      if (proof.kind === 'rate_limited') return proof;
      const outcome = await signIn.open(caller, proof, { transport, deviceToken });
      if (outcome.kind !== 'email_verification_required') return outcome;
      return { kind: outcome.kind, email: maskEmail(outcome.user.email) };
    });
  }

  reauthenticate(caller: Caller, password: string): Promise<ReauthenticateOutcome> {
    const { store, check, signIn, limits } = this.#deps;
    const { userId } = requireSession(caller);
    const { origin } = caller;
    return shedding<ReauthenticateOutcome>(async () => {
      await limits.spend(origin, [{ limit: 'password.user', subject: userId }]);
      const candidate = await store.find(userId);
      const proof = await check.prove(attemptBy(caller, userId), candidate, password);
      if (proof === null) return { kind: 'invalid_credentials' };
      return proof.kind === 'locked' ? accountLocked(proof) : signIn.reopen(caller, proof);
    });
  }

  change(
    caller: Caller,
    { currentPassword, newPassword, revokePersonalAccessTokens }: PasswordChange,
  ): Promise<ChangePasswordOutcome> {
    const { store, sessions, personalAccessTokens, tokens, policy, check, hasher } = this.#deps;
    const { credentials, unitOfWork, outcomes, events, limits } = this.#deps;
    const { userId, sessionId } = requireSession(caller);
    const { origin } = caller;
    return shedding<ChangePasswordOutcome>(async () => {
      const candidate = await store.find(userId);
      const { email, username, name } = candidate?.user ?? {};
      const invalid = policy.check(newPassword, { email, username, name }, ['newPassword']);
      if (invalid !== null) return { kind: 'invalid_input', fields: [invalid] };
      await limits.spend(origin, [{ limit: 'password.user', subject: userId }]);
      const attempt = attemptBy(caller, userId);
      const proof = await check.prove(attempt, candidate, currentPassword);
      if (proof === null) return { kind: 'invalid_credentials' };
      if (proof.kind === 'locked') return accountLocked(proof);
      const hash = await hasher.hash(newPassword, attempt.turn);
      return unitOfWork.run(async () => {
        await credentials.requireLive(caller);
        const user = await proof.confirm();
        if (user === null) return { kind: 'invalid_credentials' };
        const actor = actorOf(caller);
        await store.set(userId, hash);
        await tokens.revokeAllOf(userId);
        await events.record(eventBy(actor, 'user.password_changed', { userId, sessionId }));
        const ended = await sessions.endAllOf(actor, userId, 'PASSWORD_CHANGED', sessionId);
        if (revokePersonalAccessTokens)
          await personalAccessTokens.revokeAllOf(actor, userId, 'PASSWORD_CHANGED');
        return outcomes.keep({ kind: 'changed', user, terminatedSessionCount: ended.length });
      });
    });
  }
}

/** Rejects input that no account can have, before any look-up: alike for known and unknown accounts. */
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
