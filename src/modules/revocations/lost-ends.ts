import { groupBy } from '../../core/align.ts';
import type { NewEvent } from '../../core/events.ts';
import type { EventLog, Logger, UnitOfWork } from '../../core/ports.ts';
import type { Revocation, RevocationOf } from '../../core/revocation.ts';
import type { Revocations } from './revocations.ts';

/** Revocations per statement. */
const BATCH_SIZE = 1_000;

/** How far a standby may lag: what the database still has so long after it was heard, a failover does not lose. */
const LAG_MS = 60_000;

type Kind = Revocation['kind'];

/** Ends again what the database has lost the end of. */
export interface EndKeeper<K extends Kind = Kind> {
  readonly kind: K;
  /** Ends those that have not ended. Returns an event of each, to be recorded in the same transaction. */
  endAgain(revocations: readonly RevocationOf<K>[]): Promise<NewEvent[]>;
}

interface Dependencies {
  readonly revocations: Pick<Revocations, 'heard' | 'confirm'>;
  readonly keepers: readonly EndKeeper[];
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly logger: Logger;
  readonly monotonicNow?: () => number;
}

/**
 * Compares the revocations that were heard with the database. It has lost some after a failover to a standby that lagged behind:
 * they are written down again, before memory forgets them and what ended is good again.
 */
export class LostEnds {
  readonly #deps: Dependencies;
  readonly #monotonicNow: () => number;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    this.#monotonicNow = dependencies.monotonicNow ?? (() => performance.now());
  }

  async run(): Promise<void> {
    const { revocations, keepers } = this.#deps;
    const startedAt = this.#monotonicNow();
    const heard = groupBy(revocations.heard(), ({ kind }) => kind);
    for (const keeper of keepers) await this.#compare(keeper, heard.get(keeper.kind) ?? []);
    revocations.confirm(startedAt - LAG_MS);
  }

  async #compare(keeper: EndKeeper, heard: readonly Revocation[]): Promise<void> {
    const { unitOfWork, events, logger } = this.#deps;
    for (let at = 0; at < heard.length; at += BATCH_SIZE) {
      const ended = await unitOfWork.run(async () => {
        const ends = await keeper.endAgain(heard.slice(at, at + BATCH_SIZE));
        await events.record(...ends);
        return ends.length;
      });
      if (ended > 0)
        logger.error(
          { kind: keeper.kind, ended },
          'the database had lost revocations (failover, restored backup), which were written again',
        );
    }
  }
}
