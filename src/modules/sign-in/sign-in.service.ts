import type { Actor } from '../../core/actor.ts';
import { forbidden, unauthenticated } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { UserId } from '../../core/ids.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type Origin, requireSession } from '../../core/principal.ts';
import type {
  AuthenticationMethodReference,
  RefreshTokenTransport,
  Session,
  SessionService,
  SessionTokens,
} from '../sessions/index.ts';
import type { User } from '../users/index.ts';
import type { AccountDisabled, EmailUnverified, InvalidCredentials, SignedIn } from './outcomes.ts';
import type { Proof } from './sign-in-method.ts';

/** Whether users must confirm their e-mail address before they sign in. */
interface Verification {
  isRequiredOf(user: User): boolean;
  /** Sends the message again. */
  resendAtSignIn(user: User, origin: Origin): Promise<void>;
}

interface Devices {
  /** Whether the cookie was given to this user. */
  isTokenOf(userId: UserId, deviceToken: string | null): boolean;
}

interface SignIn {
  readonly transport: RefreshTokenTransport;
  /** The cookie of a device that has signed in before. */
  readonly deviceToken: string | null;
}

interface Dependencies {
  readonly sessions: SessionService;
  readonly tokens: SessionTokens;
  readonly verification: Verification;
  readonly devices: Devices;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** What is kept of a sign-in for a repeat of its request. */
interface Opened {
  readonly kind: 'opened';
  readonly user: User;
  readonly session: Session;
}

/** Opens sessions by a proof of identity, whatever the method. */
export class SignInService {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Opens a session for the user of `proof`. */
  async open(
    { origin }: Caller,
    proof: Proof,
    { transport, deviceToken }: SignIn,
  ): Promise<SignedIn | InvalidCredentials | AccountDisabled | EmailUnverified> {
    const { sessions, devices, verification, events } = this.#deps;
    type Refusal = InvalidCredentials | AccountDisabled | EmailUnverified;
    const outcome = await this.#issueTokens<Refusal>(async () => {
      const user = await proof.confirm();
      if (user === null) return { kind: 'invalid_credentials' };
      const actor = { userId: user.id, origin };
      const refusal = await this.#refusalOf(actor, user);
      if (refusal !== null) return refusal;
      const { session, isFromElsewhere } = await sessions.open(actor, proof.provedBy, transport);
      const facts = { userId: user.id, sessionId: session.id };
      await events.record(eventBy(actor, 'user.login', { ...facts, sessionRevision: session.revision }));
      if (isFromElsewhere && !devices.isTokenOf(user.id, deviceToken))
        await events.record(eventBy(actor, 'user.new_device', facts));
      return { kind: 'opened', user, session };
    });
    if (outcome.kind === 'email_verification_required')
      await verification.resendAtSignIn(outcome.user, origin);
    return outcome;
  }

  /** Opens the first session of the user whom `register` creates in the same transaction. */
  openFirst<Refusal extends { readonly kind: 'email_taken' | 'username_taken' }>(
    { origin }: Caller,
    register: () => Promise<{ readonly kind: 'registered'; readonly user: User } | Refusal>,
    provedBy: readonly AuthenticationMethodReference[],
    transport: RefreshTokenTransport,
  ): Promise<SignedIn | Refusal> {
    return this.#issueTokens<Refusal>(async () => {
      const registration = await register();
      if (registration.kind !== 'registered') return registration;
      const { user } = registration;
      const { session } = await this.#deps.sessions.open({ userId: user.id, origin }, provedBy, transport);
      return { kind: 'opened', user, session };
    });
  }

  /** Replaces the calling session by a new one, so that a stolen access token does not gain the recent sign-in. */
  reopen(caller: Caller, proof: Proof): Promise<SignedIn | InvalidCredentials> {
    const { userId, sessionId } = requireSession(caller);
    const owner = { userId, origin: caller.origin };
    const { sessions } = this.#deps;
    return this.#issueTokens<InvalidCredentials>(async () => {
      const user = await proof.confirm();
      if (user?.id !== userId) return { kind: 'invalid_credentials' };
      if (user.accountStatus === 'DISABLED') throw forbidden('This account is disabled.');
      // In place of `requireLive`: only a live session can be ended.
      const ended = await sessions.end(owner, sessionId, 'REAUTHENTICATED');
      if (ended === null) throw unauthenticated('Your session has ended. Sign in again.');
      const { session } = await sessions.open(owner, proof.provedBy, ended.refreshTokenTransport);
      return { kind: 'opened', user, session };
    });
  }

  /**
   * The outcome for a repeat, of a sign-in that was kept or of anything else. Its tokens are issued anew: the first access token may
   * have expired. Only while the session goes on, or a repeat would give access that was taken back.
   *
   * @throws {PublicError} UNAUTHENTICATED if the session has ended.
   */
  async restore<Other extends { readonly kind: string }>(kept: Opened | Other): Promise<SignedIn | Other> {
    if (!isOpened(kept)) return kept;
    const { sessions, tokens } = this.#deps;
    const { user, session } = kept;
    const subject = await sessions.subjectOfLive(session.id);
    if (subject === null)
      throw unauthenticated('The session that this request has opened has ended. Sign in again.');
    return { kind: 'signed_in', user, session, tokens: tokens.issue(session, subject) };
  }

  /** Refuses a disabled or unconfirmed account, and records that; null if the user may sign in. */
  async #refusalOf(actor: Actor, user: User): Promise<AccountDisabled | EmailUnverified | null> {
    const isDisabled = user.accountStatus === 'DISABLED';
    if (!isDisabled && !this.#deps.verification.isRequiredOf(user)) return null;
    await this.#deps.events.record(eventBy(actor, 'user.login_failed', { userId: user.id }));
    return isDisabled ? { kind: 'account_disabled' } : { kind: 'email_verification_required', user };
  }

  /** Runs `work` in a transaction and, after its commit, issues the tokens of the session that it opened. */
  async #issueTokens<Refusal extends { readonly kind: string }>(
    work: () => Promise<Opened | Refusal>,
  ): Promise<SignedIn | Refusal> {
    const { unitOfWork, tokens, outcomes } = this.#deps;
    const outcome = await unitOfWork.run(async () => {
      const decided = await work();
      return isOpened(decided) ? outcomes.keep(decided) : decided;
    });
    if (!isOpened(outcome)) return outcome;
    const { user, session } = outcome;
    return { kind: 'signed_in', user, session, tokens: tokens.issue(session, user) };
  }
}

function isOpened<Refusal extends { readonly kind: string }>(outcome: Opened | Refusal): outcome is Opened {
  return outcome.kind === 'opened';
}
