import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { RevocationOf } from '../../core/revocation.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { UserStore } from './user.store.ts';

interface Dependencies {
  readonly store: Pick<UserStore, 'refuseTokensAgain'>;
  readonly events: EventLog;
}

/** Refuses access tokens again from before a change of roles that the database has lost. The roles themselves nobody knows. */
export class LostRoleChanges implements EndKeeper<'user'> {
  readonly kind = 'user';
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  async endAgain(revocations: readonly RevocationOf<'user'>[]): Promise<number> {
    const users = await this.#deps.store.refuseTokensAgain(revocations);
    await this.#deps.events.record(
      ...users.map(({ id: userId, tokensNotBefore }) =>
        eventBy(system, 'user.role_change_lost', { userId, notBefore: tokensNotBefore.toISOString() }),
      ),
    );
    return users.length;
  }
}
