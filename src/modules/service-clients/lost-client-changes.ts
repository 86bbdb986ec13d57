import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { ServiceClientStore } from './service-client.store.ts';

/** Refuses tokens again from before a change of their service client that the database has lost. The change itself nobody knows. */
export const lostClientChanges = (store: Pick<ServiceClientStore, 'refuseTokensAgain'>) =>
  ({
    kind: 'service_client',
    async endAgain(revocations) {
      const clients = await store.refuseTokensAgain(revocations);
      return clients.map(({ id: clientId, tokensNotBefore }) =>
        eventBy(system, 'service_client.change_lost', { clientId, notBefore: tokensNotBefore.toISOString() }),
      );
    },
  }) satisfies EndKeeper<'service_client'>;
