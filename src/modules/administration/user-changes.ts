import type { Actor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import { systemOrigin } from '../../core/principal.ts';
import { type EmailVerification, maskEmail } from '../email-addresses/index.ts';
import type { MailQueue } from '../mail/index.ts';
import type { OneTimeTokens } from '../one-time-tokens/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { requestedBy, type SessionService } from '../sessions/index.ts';
import {
  type AccountName,
  type AccountStatus,
  changeProfile,
  emailKeyOf,
  type User,
  type UserDirectory,
} from '../users/index.ts';
import { type Administrators, LAST_ADMINISTRATOR, type LastAdministrator } from './administrators.ts';
import type { UserUpdate } from './user-input.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'updateProfile' | 'changeEmail' | 'setRoles' | 'setStatus'>;
  readonly administrators: Administrators;
  readonly tokens: Pick<OneTimeTokens, 'revokeAllOf'>;
  readonly mails: MailQueue;
  readonly verification: Pick<EmailVerification, 'isRequired' | 'send'>;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeAllOf'>;
  readonly events: EventLog;
}

type Outcome = { readonly kind: 'updated'; readonly user: User } | LastAdministrator;

/** Changes that an administrator or the operator makes to users. */
export class UserChanges {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Within a transaction that holds the user's lock. What is as it was has no effect and no event.
   *
   * @throws {EmailTaken}
   * @throws {UsernameTaken}
   */
  async apply(actor: Actor, user: User, update: UserUpdate): Promise<Outcome> {
    const { email, roles = user.roles, accountStatus = user.accountStatus } = update;
    if (await this.#deps.administrators.wouldBeNone(user, { roles, accountStatus }))
      return LAST_ADMINISTRATOR;
    let current = await changeProfile(this.#deps, actor, user, update);
    if (email !== undefined && email.text !== user.email)
      current = await this.#changeEmail(actor, current, email);
    if (!isSame(roles, user.roles)) current = await this.#changeRoles(actor, current, roles);
    if (accountStatus !== user.accountStatus) current = await this.#setStatus(actor, current, accountStatus);
    return { kind: 'updated', user: current };
  }

  /**
   * Nobody has proved that they read mail to the new address, so it is not confirmed. The old one is told; who changed it, and from
   * where, is not the owner's to know.
   */
  async #changeEmail(actor: Actor, user: User, email: AccountName): Promise<User> {
    const { users, tokens, mails, verification, events } = this.#deps;
    const { id: userId } = user;
    const emailBefore = emailKeyOf(user);
    const isSameMailbox = email.key === emailBefore;
    const changed = await users.changeEmail(userId, email, isSameMailbox && user.emailVerified);
    await events.record(eventBy(actor, 'user.email_changed', { userId }));
    if (isSameMailbox) return changed;
    await tokens.revokeAllOf(userId);
    if (user.emailVerified)
      await mails.add({
        kind: 'email-changed',
        userId,
        recipient: emailBefore,
        data: { ...requestedBy(systemOrigin), newEmail: maskEmail(email.text) },
        origin: systemOrigin,
      });
    if (verification.isRequired) await verification.send(changed, systemOrigin, null);
    return changed;
  }

  /** Revokes the access tokens that were issued before. */
  async #changeRoles(actor: Actor, { id: userId }: User, roles: readonly string[]): Promise<User> {
    const user = await this.#deps.users.setRoles(userId, roles);
    const facts = { userId, roles, notBefore: user.tokensNotBefore.toISOString() };
    await this.#deps.events.record(eventBy(actor, 'user.roles_changed', facts));
    return user;
  }

  /** Disabling ends all that could act for the user. */
  async #setStatus(actor: Actor, { id: userId }: User, status: AccountStatus): Promise<User> {
    const { users, tokens, sessions, personalAccessTokens, events } = this.#deps;
    const user = await users.setStatus(userId, status);
    const isDisabled = status === 'DISABLED';
    await events.record(eventBy(actor, isDisabled ? 'user.disabled' : 'user.enabled', { userId }));
    if (!isDisabled) return user;
    // A message whose token is gone is not sent.
    await tokens.revokeAllOf(userId);
    await sessions.endAllOf(actor, userId, 'ACCOUNT_DISABLED', null);
    await personalAccessTokens.revokeAllOf(actor, userId, 'ACCOUNT_DISABLED');
    return user;
  }
}

const isSame = (a: readonly string[], b: readonly string[]) =>
  a.length === b.length && a.every((role) => b.includes(role));
