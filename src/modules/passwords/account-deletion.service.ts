import { actorOf } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { CredentialCheck, EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, requireSession } from '../../core/principal.ts';
import type { MailQueue } from '../mail/index.ts';
import type { PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import type { SessionService } from '../sessions/index.ts';
import { emailKeyOf, type UserDirectory, type UsernameReservations } from '../users/index.ts';
import type { DeleteAccountOutcome } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import { accountLocked, attemptBy, type PasswordCheck } from './password-check.ts';

interface Dependencies {
  readonly store: PasswordStore;
  readonly check: PasswordCheck;
  readonly users: Pick<UserDirectory, 'delete'>;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeAllOf'>;
  readonly mails: MailQueue;
  readonly reservations: Pick<UsernameReservations, 'release'>;
  readonly limits: RateLimits;
  readonly credentials: CredentialCheck;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** Deletes the caller's account. The audit log keeps its events: ids, IP addresses and user agents, but no name or e-mail address. */
export class AccountDeletion {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  delete(caller: Caller, password: string): Promise<DeleteAccountOutcome> {
    const {
      store,
      reservations,
      check,
      limits,
      unitOfWork,
      credentials,
      mails,
      sessions,
      personalAccessTokens,
      users,
      events,
    } = this.#deps;
    const { userId } = requireSession(caller);
    const { origin } = caller;
    return shedding<DeleteAccountOutcome>(async () => {
      await limits.spend(origin, [{ limit: 'password.user', subject: userId }]);
      const proof = await check.prove(attemptBy(caller, userId), await store.find(userId), password);
      if (proof === null) return { kind: 'invalid_credentials' };
      if (proof.kind === 'locked') return accountLocked(proof);
      return unitOfWork.run<DeleteAccountOutcome>(async () => {
        await credentials.requireLive(caller);
        const user = await proof.confirm();
        if (user === null) return { kind: 'invalid_credentials' };
        const actor = actorOf(caller);
        const emailKey = emailKeyOf(user);
        await mails.deleteAllOf(userId);
        if (user.emailVerified)
          await mails.add({ kind: 'account-deleted', userId: null, recipient: emailKey, data: {}, origin });
        await reservations.release(emailKey);
        await sessions.endAllOf(actor, userId, 'ACCOUNT_DELETED', null);
        await personalAccessTokens.revokeAllOf(actor, userId, 'ACCOUNT_DELETED');
        await events.record(eventBy(actor, 'user.deleted', { userId }));
        await users.delete(userId);
        return { kind: 'deleted', userId };
      });
    });
  }
}
