import type { Actor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import { systemOrigin } from '../../core/principal.ts';
import type { MailQueue } from '../mail/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import type { SessionService } from '../sessions/index.ts';
import { emailKeyOf, type User, type UserDirectory, type UsernameReservations } from '../users/index.ts';
import { type Administrators, LAST_ADMINISTRATOR, type LastAdministrator } from './administrators.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'delete'>;
  readonly administrators: Administrators;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeAllOf'>;
  readonly mails: MailQueue;
  readonly reservations: Pick<UsernameReservations, 'release'>;
  readonly events: EventLog;
}

/** Deletes accounts. The audit log keeps their events: ids, IP addresses and user agents, but no name or e-mail address. */
export class AccountRemoval {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Within a transaction that holds the user's lock. The last administrator stays. */
  async remove(actor: Actor, user: User): Promise<{ readonly kind: 'deleted' } | LastAdministrator> {
    const { users, administrators, mails, reservations, sessions, personalAccessTokens, events } = this.#deps;
    if (await administrators.wouldBeNone(user, null)) return LAST_ADMINISTRATOR;
    const { id: userId } = user;
    const emailKey = emailKeyOf(user);
    // The language of an administrator need not be the owner's.
    const origin = actor.userId === userId ? actor.origin : systemOrigin;
    await mails.deleteAllOf(userId);
    if (user.emailVerified)
      await mails.add({ kind: 'account-deleted', userId: null, recipient: emailKey, data: {}, origin });
    await reservations.release(emailKey);
    await sessions.endAllOf(actor, userId, 'ACCOUNT_DELETED', null);
    await personalAccessTokens.revokeAllOf(actor, userId, 'ACCOUNT_DELETED');
    await events.record(eventBy(actor, 'user.deleted', { userId }));
    await users.delete(userId);
    return { kind: 'deleted' };
  }
}
