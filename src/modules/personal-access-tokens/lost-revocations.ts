import { system } from '../../core/actor.ts';
import type { EventLog } from '../../core/ports.ts';
import type { RevocationOf } from '../../core/revocation.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { PersonalAccessTokenStore } from './personal-access-token.store.ts';
import { knownRevokeReason } from './personal-access-token.ts';
import { revokedEvent } from './revoked-event.ts';

interface Dependencies {
  readonly store: Pick<PersonalAccessTokenStore, 'revokeAgain'>;
  readonly events: EventLog;
}

/** Revokes personal access tokens again whose revocation the database has lost. */
export class LostRevocations implements EndKeeper<'personal_access_token'> {
  readonly kind = 'personal_access_token';
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  async endAgain(revocations: readonly RevocationOf<'personal_access_token'>[]): Promise<number> {
    const revoked = await this.#deps.store.revokeAgain(
      revocations.map(({ id, reason }) => ({ id, reason: knownRevokeReason(reason) })),
    );
    await this.#deps.events.record(
      ...revoked.map((record) => revokedEvent(system, record, knownRevokeReason(record.revokeReason))),
    );
    return revoked.length;
  }
}
