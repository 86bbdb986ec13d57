import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { EventLog, PasswordHasher } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import type { DeferredRequests } from '../deferred-requests/index.ts';
import type { EmailRequestOutcome } from '../email-addresses/index.ts';
import type { MailQueue } from '../mail/index.ts';
import type { OneTimeTokenPurpose, OneTimeTokens } from '../one-time-tokens/index.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import { requestedBy } from '../sessions/index.ts';
import {
  emailKeyOf,
  invalidEmail,
  lockActiveByEmail,
  parseEmail,
  type UserDirectory,
} from '../users/index.ts';
import { turnOf } from './hashing-turn.ts';
import type { ResetPasswordOutcome } from './outcomes.ts';
import type { PasswordPolicy } from './password-policy.ts';
import type { PasswordReplacement } from './password-replacement.ts';
import { subjectOfUser } from './subjects.ts';

/** OWASP Forgot Password Cheat Sheet: at most an hour. */
const RESET_MINUTES = 60;

/** Tokens that set a password. */
const PURPOSES: readonly OneTimeTokenPurpose[] = ['reset_password', 'invitation'];

interface Dependencies {
  readonly users: Pick<UserDirectory, 'findMany' | 'findByIdentifier' | 'lock'>;
  readonly tokens: OneTimeTokens;
  readonly replacement: PasswordReplacement;
  readonly mails: MailQueue;
  readonly deferred: DeferredRequests;
  readonly policy: PasswordPolicy;
  readonly hasher: PasswordHasher;
  readonly limits: RateLimits;
  readonly outcomes: Outcomes;
  readonly events: EventLog;
}

/** Resets a password by a message to the user's address. Signs nobody in. */
export class PasswordReset {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The answer and its time are the same for every address. */
  request({ origin }: Caller, email: string): Promise<EmailRequestOutcome> {
    const { limits, deferred } = this.#deps;
    return shedding<EmailRequestOutcome>(async () => {
      const parsed = parseEmail(email);
      if (parsed === null) return { kind: 'invalid_input', fields: [invalidEmail(['email'])] };
      await limits.spend(origin, ['mail.address']);
      await deferred.add('password_reset', { emailKey: parsed.key }, origin);
      return { kind: 'accepted' };
    });
  }

  /** Decides a request, within a transaction. */
  async decide({ emailKey }: { readonly emailKey: string }, origin: Origin): Promise<void> {
    const { users, tokens, mails, events } = this.#deps;
    const user = await lockActiveByEmail(users, emailKey);
    if (user === null) return;
    if (!(await mails.admits(emailKey, 'reset-password'))) return;
    const { id: userId } = user;
    const tokenId = await tokens.issue({
      userId,
      purpose: 'reset_password',
      emailKey,
      lifetimeSeconds: RESET_MINUTES * 60,
    });
    const data = { ...requestedBy(origin), minutes: RESET_MINUTES };
    await mails.add({ kind: 'reset-password', userId, recipient: emailKey, tokenId, data, origin });
    await events.record(eventBy({ userId: null, origin }, 'user.password_reset_requested', { userId }));
  }

  /** Sets the password of the account to whose address the token was sent. */
  reset({ origin }: Caller, token: string, newPassword: string): Promise<ResetPasswordOutcome> {
    const { limits, tokens, users, policy, hasher, replacement, outcomes } = this.#deps;
    return shedding<ResetPasswordOutcome>(async () => {
      await limits.spend(origin, ['redeem.address']);
      const found = await tokens.find(token, PURPOSES, origin);
      if (found.kind !== 'found') return found;
      const { userId } = found.token;
      const [account] = await users.findMany([userId]);
      const { email, username, name } = account ?? {};
      const invalid = policy.check(newPassword, { email, username, name }, ['newPassword']);
      if (invalid !== null) return { kind: 'invalid_input', fields: [invalid] };
      // Whoever holds a token is known: a flood of sign-ins must not keep the owner from a new password.
      const hash = await hasher.hash(newPassword, turnOf(origin, subjectOfUser(userId), 'known'));
      return tokens.redeem<ResetPasswordOutcome>(token, PURPOSES, origin, async ({ emailKey }, user) => {
        if (emailKeyOf(user) !== emailKey) return { kind: 'invalid_token' };
        const owner = { userId, origin };
        const replaced = await replacement.replace(owner, user, hash, 'user.password_reset', true);
        return outcomes.keep({ kind: 'changed', ...replaced });
      });
    });
  }
}

declare module '../../core/deferred-requests.ts' {
  interface DeferredRequestData {
    /** To send a message by which the password can be replaced. */
    readonly password_reset: { readonly emailKey: string };
  }
}
