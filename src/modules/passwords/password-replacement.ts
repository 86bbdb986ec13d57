import type { Actor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import type { SessionService } from '../sessions/index.ts';
import type { User, UserDirectory } from '../users/index.ts';
import type { AccountLocks } from './account-locks.ts';
import type { PasswordStore } from './password.store.ts';

interface Dependencies {
  readonly store: Pick<PasswordStore, 'set'>;
  readonly users: Pick<UserDirectory, 'confirmEmail'>;
  readonly tokens: Pick<OneTimeTokens, 'revokeAllOf'>;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeAllOf'>;
  readonly locks: Pick<AccountLocks, 'endAllOf'>;
  /** Whether personal access tokens end too. They always do when the address is confirmed by it. */
  readonly revokesPersonalAccessTokens: boolean;
  readonly events: EventLog;
}

interface Replaced {
  readonly user: User;
  readonly terminatedSessionCount: number;
}

/**
 * Sets a password without the current one: after a reset, an invitation, or by the operator. Everything that somebody else could
 * hold ends: sessions, locks, the tokens of messages, and personal access tokens.
 */
export class PasswordReplacement {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Within a transaction that holds the user's lock. `provesEmail`: whether the actor has read mail to the user's address. */
  async replace(
    actor: Actor,
    user: User,
    hash: string,
    event: 'user.password_reset' | 'user.password_set',
    provesEmail: boolean,
  ): Promise<Replaced> {
    const { store, users, tokens, sessions, personalAccessTokens, locks, events } = this.#deps;
    const { id: userId } = user;
    await store.set(userId, hash);
    await tokens.revokeAllOf(userId);
    await locks.endAllOf(actor, user);
    await events.record(eventBy(actor, event, { userId }));
    const ended = await sessions.endAllOf(actor, userId, 'PASSWORD_CHANGED', null);
    const confirms = provesEmail && !user.emailVerified;
    if (this.#deps.revokesPersonalAccessTokens || confirms)
      await personalAccessTokens.revokeAllOf(actor, userId, 'PASSWORD_CHANGED');
    if (confirms) await events.record(eventBy(actor, 'user.email_verified', { userId }));
    return {
      user: confirms ? await users.confirmEmail(userId) : user,
      terminatedSessionCount: ended.length,
    };
  }
}
