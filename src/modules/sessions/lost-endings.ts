import { system } from '../../core/actor.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { SessionStore } from './session.store.ts';
import { knownEndReason } from './session-end-reason.ts';
import { terminationsOf } from './session-endings.ts';

/** Ends sessions again whose end the database has lost. */
export const lostEndings = (store: Pick<SessionStore, 'endAgain'>) =>
  ({
    kind: 'session',
    async endAgain(revocations) {
      const ended = await store.endAgain(
        revocations.map(({ id, reason }) => ({ id, reason: knownEndReason(reason) })),
      );
      return terminationsOf(ended, system);
    },
  }) satisfies EndKeeper<'session'>;
