import { system } from '../../core/actor.ts';
import type { EventLog } from '../../core/ports.ts';
import type { RevocationOf } from '../../core/revocation.ts';
import type { EndKeeper } from '../revocations/index.ts';
import type { SessionStore } from './session.store.ts';
import { knownEndReason } from './session-end-reason.ts';
import { terminationsOf } from './session-endings.ts';

interface Dependencies {
  readonly store: Pick<SessionStore, 'endAgain'>;
  readonly events: EventLog;
}

/** Ends sessions again whose end the database has lost. */
export class LostEndings implements EndKeeper<'session'> {
  readonly kind = 'session';
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  async endAgain(revocations: readonly RevocationOf<'session'>[]): Promise<number> {
    const ended = await this.#deps.store.endAgain(
      revocations.map(({ id, reason }) => ({ id, reason: knownEndReason(reason) })),
    );
    await this.#deps.events.record(...terminationsOf(ended, system));
    return ended.length;
  }
}
