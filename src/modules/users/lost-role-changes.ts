import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { UserStore } from './user.store.ts';

/** Refuses access tokens again from before a change of roles that the database has lost. The roles themselves nobody knows. */
export const lostRoleChanges = (store: Pick<UserStore, 'refuseTokensAgain'>) =>
  ({
    kind: 'user',
    async endAgain(revocations) {
      const users = await store.refuseTokensAgain(revocations);
      return users.map(({ id: userId, tokensNotBefore }) =>
        eventBy(system, 'user.role_change_lost', { userId, notBefore: tokensNotBefore.toISOString() }),
      );
    },
  }) satisfies EndKeeper<'user'>;
