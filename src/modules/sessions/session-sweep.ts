import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import { inBatches } from '../../core/in-batches.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { SessionStore } from './session.store.ts';
import { terminationsOf } from './session-endings.ts';

/** Sessions per transaction: few enough for a short transaction and one publication. */
const BATCH_SIZE = 500;

interface Dependencies {
  readonly store: SessionStore;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  /** How long the row of an ended session is kept. */
  readonly retentionSeconds: number;
}

/** Ends idle and expired sessions, one instance at a time, and purges old ones. */
export class SessionSweep {
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  run(): Promise<void> {
    const { unitOfWork } = this.#deps;
    return inBatches(unitOfWork, 'session sweep', BATCH_SIZE, (limit) => this.#endOverdue(limit));
  }

  /** Deletes the rows of sessions that ended long ago, within a transaction. */
  async purge(limit: number): Promise<number> {
    const purged = await this.#deps.store.purgeEnded(this.#deps.retentionSeconds, limit);
    await this.#deps.events.record(
      ...purged.map(({ id, userId, revision }) =>
        eventBy(system, 'session.deleted', { userId, sessionId: id, sessionRevision: revision + 1 }),
      ),
    );
    return purged.length;
  }

  async #endOverdue(limit: number): Promise<number> {
    const ended = await this.#deps.store.endOverdue(limit);
    await this.#deps.events.record(...terminationsOf(ended, system));
    return ended.length;
  }
}
