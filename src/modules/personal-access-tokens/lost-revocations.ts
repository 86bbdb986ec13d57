import { system } from '../../core/actor.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { PersonalAccessTokenStore } from './personal-access-token.store.ts';
import { knownRevokeReason } from './personal-access-token.ts';
import { revokedEvent } from './revoked-event.ts';

/** Revokes personal access tokens again whose revocation the database has lost. */
export const lostRevocations = (store: Pick<PersonalAccessTokenStore, 'revokeAgain'>) =>
  ({
    kind: 'personal_access_token',
    async endAgain(revocations) {
      const revoked = await store.revokeAgain(
        revocations.map(({ id, reason }) => ({ id, reason: knownRevokeReason(reason) })),
      );
      return revoked.map((record) => revokedEvent(system, record, knownRevokeReason(record.revokeReason)));
    },
  }) satisfies EndKeeper<'personal_access_token'>;
