import type { UserActor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EventLog } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import type { DeferredRequests } from '../deferred-requests/index.ts';
import type { MailQueue } from '../mail/index.ts';
import type { ExpiredToken, InvalidToken, OneTimeTokens } from '../one-time-tokens/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { type RateLimited, type RateLimits, shedding } from '../rate-limits/index.ts';
import { requestedBy, type SessionService } from '../sessions/index.ts';
import {
  emailKeyOf,
  invalidEmail,
  lockActiveByEmail,
  parseEmail,
  type User,
  type UserDirectory,
} from '../users/index.ts';
import type { EmailRequestOutcome } from './outcomes.ts';

/** OWASP ASVS 6.6.2 asks for a short lifetime; people read their mail a day later. */
export const VERIFICATION_HOURS = 24;

interface Dependencies {
  /** Whether users must confirm their address before they sign in. */
  readonly isRequired: boolean;
  readonly users: Pick<UserDirectory, 'findByIdentifier' | 'lock' | 'confirmEmail'>;
  readonly tokens: OneTimeTokens;
  readonly mails: MailQueue;
  readonly deferred: DeferredRequests;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeAllOf'>;
  /** Applies what the sign-up that is confirmed has asked for. */
  readonly completeSignup: (owner: UserActor, signup: JsonValue) => Promise<void>;
  readonly limits: RateLimits;
  readonly outcomes: Outcomes;
  readonly events: EventLog;
}

/** A sign-up whose address is not confirmed yet. It is kept with the token that confirms it. */
export type PendingSignup = {
  readonly signup: JsonValue;
  /** Whether it created the account, whose password is its own therefore. */
  readonly createdAccount: boolean;
  readonly requestedBy: { readonly device: string | null; readonly ipAddress: string | null };
};

/**
 * Whether a further sign-up may replace the password of an unconfirmed account: only of one that a sign-up made, with no role. Others
 * have an owner whose address an administrator or the operator has set, and who may have used the account for years.
 */
export const mayReplacePassword = ({ emailVerified, isProvisioned, roles }: User): boolean =>
  !emailVerified && !isProvisioned && roles.every((role) => role === 'user');

interface ResendRequest {
  readonly emailKey: string;
  /** Whether the right password was just shown. */
  readonly bySignIn: boolean;
}

type VerifyEmailOutcome =
  | { readonly kind: 'verified'; readonly user: User }
  | InvalidToken
  | ExpiredToken
  | RateLimited;

/** Confirms that an e-mail address is the user's. */
export class EmailVerification {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  get isRequired(): boolean {
    return this.#deps.isRequired;
  }

  /** Whether the user must confirm the address before signing in. */
  isRequiredOf({ emailVerified }: User): boolean {
    return this.#deps.isRequired && !emailVerified;
  }

  /** Sends the message again. The answer and its time are the same for every address. */
  resend({ origin }: Caller, email: string): Promise<EmailRequestOutcome> {
    const { limits, deferred } = this.#deps;
    return shedding<EmailRequestOutcome>(async () => {
      const parsed = parseEmail(email);
      if (parsed === null) return { kind: 'invalid_input', fields: [invalidEmail(['email'])] };
      await limits.spend(origin, ['mail.address']);
      await deferred.add('verification', { emailKey: parsed.key, bySignIn: false }, origin);
      return { kind: 'accepted' };
    });
  }

  /** Sends the message again to a user whose password was right. */
  async resendAtSignIn(user: User, origin: Origin): Promise<void> {
    await this.#deps.deferred.add('verification', { emailKey: emailKeyOf(user), bySignIn: true }, origin);
  }

  /** Decides a request to send the message again, within a transaction. */
  async decideResend({ emailKey, bySignIn }: ResendRequest, origin: Origin): Promise<void> {
    const { users, tokens, mails } = this.#deps;
    const user = await lockActiveByEmail(users, emailKey);
    if (user === null || user.emailVerified) return;
    const latest = await tokens.findOf(user.id, 'verify_email');
    const pending = latest && (latest.data as PendingSignup | null);
    if (pending !== null && !pending.createdAccount) {
      // Whoever signs in knows the password of the account, and must not displace the later sign-up: both may be the owner's.
      if (bySignIn || !mayReplacePassword(user)) return;
    }
    if (await mails.admits(emailKey, kindOf(pending))) await this.send(user, origin, pending);
  }

  /**
   * Sends a message whose link confirms the address and completes `pending`, in place of any earlier one. It names the origin of the
   * sign-up, whoever asked for the message. Within a transaction that holds the user's lock.
   */
  async send(user: User, origin: Origin, pending: PendingSignup | null): Promise<void> {
    const { tokens, mails, events } = this.#deps;
    const { id: userId } = user;
    const emailKey = emailKeyOf(user);
    const tokenId = await tokens.issue({
      userId,
      purpose: 'verify_email',
      emailKey,
      lifetimeSeconds: VERIFICATION_HOURS * 3_600,
      data: pending,
    });
    await mails.add({
      kind: kindOf(pending),
      userId,
      recipient: emailKey,
      tokenId,
      data: { ...(pending?.requestedBy ?? requestedBy(origin)), hours: VERIFICATION_HOURS },
      origin,
    });
    const actor = { userId: null, origin };
    await events.record(eventBy(actor, 'user.email_verification_sent', { userId }));
  }

  /**
   * Confirms the address that a token was sent to, and ends every session and personal access token: whoever created them had
   * not proved that the address was theirs (pre-hijacking, Sudhodanan and Paverd 2022).
   */
  verify({ origin }: Caller, token: string): Promise<VerifyEmailOutcome> {
    const { limits, tokens, users, sessions, personalAccessTokens, completeSignup, outcomes, events } =
      this.#deps;
    return shedding<VerifyEmailOutcome>(async () => {
      await limits.spend(origin, ['redeem.address']);
      return tokens.redeem<VerifyEmailOutcome>(
        token,
        ['verify_email'],
        origin,
        async ({ userId, emailKey, data }, user) => {
          if (emailKeyOf(user) !== emailKey) return { kind: 'invalid_token' };
          const pending = data as PendingSignup | null;
          const owner = { userId, origin };
          // A change of the address that the creator of the account has asked for. Other links went to this mailbox.
          await tokens.revokeAllOf(userId, ['verify_email', 'confirm_email_change', 'cancel_email_change']);
          if (pending?.createdAccount || (pending !== null && mayReplacePassword(user)))
            await completeSignup(owner, pending.signup);
          await sessions.endAllOf(owner, userId, 'EMAIL_VERIFIED', null);
          await personalAccessTokens.revokeAllOf(owner, userId, 'EMAIL_VERIFIED');
          await events.record(eventBy(owner, 'user.email_verified', { userId }));
          return outcomes.keep({ kind: 'verified', user: await users.confirmEmail(userId) });
        },
      );
    });
  }
}

const kindOf = (pending: PendingSignup | null) =>
  pending === null || pending.createdAccount ? 'verify-email' : 'verify-email-again';

declare module '../../core/deferred-requests.ts' {
  interface DeferredRequestData {
    /** To send the message that confirms an address again. */
    readonly verification: ResendRequest;
  }
}
