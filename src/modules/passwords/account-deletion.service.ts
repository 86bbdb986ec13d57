import { actorOf } from '../../core/actor.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { CredentialCheck, UnitOfWork } from '../../core/ports.ts';
import { type Caller, requireSession } from '../../core/principal.ts';
import type { AccountRemoval } from '../administration/index.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import type { DeleteAccountOutcome } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import { accountLocked, attemptBy, type PasswordCheck } from './password-check.ts';

interface Dependencies {
  readonly store: PasswordStore;
  readonly check: PasswordCheck;
  readonly removal: AccountRemoval;
  readonly limits: RateLimits;
  readonly credentials: CredentialCheck;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
}

/** Deletes the caller's account, by the password. */
export class AccountDeletion {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  delete(caller: Caller, password: string): Promise<DeleteAccountOutcome> {
    const { store, check, limits, unitOfWork, outcomes, credentials, removal } = this.#deps;
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
        const outcome = await removal.remove(actorOf(caller), user);
        return outcome.kind === 'deleted' ? outcomes.keep({ kind: 'deleted', userId }) : outcome;
      });
    });
  }
}
