import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import { systemOrigin } from '../../core/principal.ts';
import type { SessionStore } from './session.store.ts';
import type { SessionEndings } from './session-endings.ts';

/** Sessions of one transaction: small enough to be quick, and to be told in one go. */
const BATCH_SIZE = 500;

interface Dependencies {
  readonly store: SessionStore;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly endings: SessionEndings;
  /** How long the row of an ended session is kept, in seconds. */
  readonly retentionSeconds: number;
}

/** What becomes of sessions that nobody ends: one instance at a time sees to it. */
export class SessionSweep {
  readonly #store: SessionStore;
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #endings: SessionEndings;
  readonly #retentionSeconds: number;

  constructor({ store, unitOfWork, events, endings, retentionSeconds }: Dependencies) {
    this.#store = store;
    this.#unitOfWork = unitOfWork;
    this.#events = events;
    this.#endings = endings;
    this.#retentionSeconds = retentionSeconds;
  }

  async run(): Promise<void> {
    await this.#inBatches(() => this.#endOverdue());
    await this.#inBatches(() => this.#purge());
  }

  async #inBatches(work: () => Promise<number>): Promise<void> {
    while ((await this.#unitOfWork.runExclusively('session sweep', work)) === BATCH_SIZE);
  }

  async #endOverdue(): Promise<number> {
    const ended = await this.#store.endOverdue(BATCH_SIZE);
    await this.#endings.record(ended, { actorId: null, origin: systemOrigin });
    return ended.length;
  }

  async #purge(): Promise<number> {
    const purged = await this.#store.purgeEnded(this.#retentionSeconds, BATCH_SIZE);
    await this.#events.record(
      ...purged.map(({ id, userId }) => ({
        type: 'session.deleted' as const,
        outcome: 'SUCCESS' as const,
        actorId: null,
        subjectId: userId,
        sessionId: id,
        origin: systemOrigin,
        data: { userId, sessionId: id },
      })),
    );
    return purged.length;
  }
}
