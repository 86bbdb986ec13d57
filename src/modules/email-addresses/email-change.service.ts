import { actorOf } from '../../core/actor.ts';
import { unauthenticated } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { CredentialCheck, EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type Origin, requireSession } from '../../core/principal.ts';
import type { MailQueue } from '../mail/index.ts';
import type { ExpiredToken, InvalidToken, OneTimeToken, OneTimeTokens } from '../one-time-tokens/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { type RateLimited, type RateLimits, shedding } from '../rate-limits/index.ts';
import { requestedBy, type SessionQueries, type SessionService } from '../sessions/index.ts';
import {
  type AccountName,
  EmailTaken,
  emailKeyOf,
  invalidEmail,
  parseEmail,
  type User,
  type UserDirectory,
} from '../users/index.ts';
import { maskEmail } from './masked-email.ts';

const CHANGE_HOURS = 24;

interface Dependencies {
  readonly users: Pick<UserDirectory, 'lock' | 'changeEmail'>;
  readonly tokens: OneTimeTokens;
  readonly mails: MailQueue;
  readonly sessionQueries: Pick<SessionQueries, 'isRecentlyAuthenticated'>;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeAllOf'>;
  readonly limits: RateLimits;
  readonly credentials: CredentialCheck;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

type RequestOutcome =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'reauthentication_required' }
  | InvalidInput
  | RateLimited;

type ConfirmOutcome =
  | { readonly kind: 'updated'; readonly user: User }
  | { readonly kind: 'email_taken' }
  | InvalidToken
  | ExpiredToken
  | RateLimited;

type CancelOutcome = { readonly kind: 'cancelled' } | InvalidToken | ExpiredToken | RateLimited;

/**
 * Changes a user's e-mail address: asked for by a recent sign-in, confirmed by the new address, told to the old one, which can
 * cancel it until then (OWASP Authentication Cheat Sheet, "Changing A User's Registered Email Address"). Sessions go on, unless this is
 * the first address that the account proves.
 */
export class EmailChange {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The answer does not tell whether another account has the address: who confirms it learns that. */
  request(caller: Caller, newEmail: string): Promise<RequestOutcome> {
    const { sessionQueries, limits, credentials, unitOfWork, outcomes, users, mails } = this.#deps;
    const { userId } = requireSession(caller);
    return shedding<RequestOutcome>(async () => {
      if (!(await sessionQueries.isRecentlyAuthenticated(caller)))
        return { kind: 'reauthentication_required' };
      const parsed = parseEmail(newEmail);
      if (parsed === null) return { kind: 'invalid_input', fields: [invalidEmail(['newEmail'])] };
      await limits.spend(caller.origin, ['mail.address']);
      return unitOfWork.run<RequestOutcome>(async () => {
        await credentials.requireLive(caller);
        const user = await users.lock(userId);
        if (user === null) throw unauthenticated('Your account no longer exists.');
        const admitted =
          (await mails.admits(parsed.key, 'confirm-email-change')) &&
          (await mails.admits(emailKeyOf(user), 'email-change-requested'));
        if (!admitted) return { kind: 'rate_limited', retryAfterSeconds: 3_600 };
        await this.#begin(caller, user, parsed);
        return outcomes.keep({ kind: 'accepted' });
      });
    });
  }

  /** Sets the address that the token was sent to. */
  confirm({ origin }: Caller, token: string): Promise<ConfirmOutcome> {
    const { limits, tokens } = this.#deps;
    return shedding<ConfirmOutcome>(async () => {
      await limits.spend(origin, ['redeem.address']);
      try {
        return await tokens.redeem<ConfirmOutcome>(
          token,
          ['confirm_email_change'],
          origin,
          (redeemed, user) => this.#change(origin, redeemed, user),
        );
      } catch (error) {
        if (error instanceof EmailTaken) return { kind: 'email_taken' };
        throw error;
      }
    });
  }

  /** Cancels a change that is not confirmed yet. */
  cancel({ origin }: Caller, token: string): Promise<CancelOutcome> {
    const { limits, tokens, outcomes, events } = this.#deps;
    return shedding<CancelOutcome>(async () => {
      await limits.spend(origin, ['redeem.address']);
      return tokens.redeem<CancelOutcome>(token, ['cancel_email_change'], origin, async ({ userId }) => {
        await tokens.revokeAllOf(userId, ['confirm_email_change']);
        await events.record(eventBy({ userId, origin }, 'user.email_change_cancelled', { userId }));
        return outcomes.keep({ kind: 'cancelled' });
      });
    });
  }

  async #begin(caller: Caller, user: User, { text, key }: AccountName): Promise<void> {
    const { tokens, mails, events } = this.#deps;
    const { id: userId } = user;
    const { origin } = caller;
    const oldKey = emailKeyOf(user);
    const lifetimeSeconds = CHANGE_HOURS * 3_600;
    const confirmation = await tokens.issue({
      userId,
      purpose: 'confirm_email_change',
      emailKey: key,
      lifetimeSeconds,
      data: text,
    });
    const cancellation = await tokens.issue({
      userId,
      purpose: 'cancel_email_change',
      emailKey: oldKey,
      lifetimeSeconds,
    });
    const by = { ...requestedBy(origin), hours: CHANGE_HOURS };
    await mails.add(
      { kind: 'confirm-email-change', userId, recipient: key, tokenId: confirmation, data: by, origin },
      {
        kind: 'email-change-requested',
        userId,
        recipient: oldKey,
        tokenId: cancellation,
        // A stranger could write into the domain.
        data: { ...by, newEmail: user.emailVerified ? maskEmail(text) : null },
        origin,
      },
    );
    await events.record(eventBy(actorOf(caller), 'user.email_change_requested', { userId }));
  }

  async #change(
    origin: Origin,
    { userId, emailKey, data }: OneTimeToken,
    user: User,
  ): Promise<ConfirmOutcome> {
    const { users, tokens, mails, sessions, personalAccessTokens, outcomes, events } = this.#deps;
    const text = String(data);
    // Those that were sent to the old address too.
    await tokens.revokeAllOf(userId);
    if (!user.emailVerified) {
      // The first proof of a mailbox: as in `EmailVerification.verify`.
      const owner = { userId, origin };
      await sessions.endAllOf(owner, userId, 'EMAIL_VERIFIED', null);
      await personalAccessTokens.revokeAllOf(owner, userId, 'EMAIL_VERIFIED');
    }
    const changed = await users.changeEmail(userId, { text, key: emailKey }, true);
    const emailBefore = emailKeyOf(user);
    await mails.add({
      kind: 'email-changed',
      userId,
      recipient: emailBefore,
      data: { ...requestedBy(origin), newEmail: user.emailVerified ? maskEmail(text) : null },
      origin,
    });
    await events.record(eventBy({ userId, origin }, 'user.email_changed', { userId }));
    return outcomes.keep({ kind: 'updated', user: changed });
  }
}
