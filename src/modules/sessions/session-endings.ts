import type { NewEvent } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Revocations } from '../revocations/index.ts';
import type { Session } from './session.ts';

/** Who ended sessions, null for the system, and from where. */
export interface EndedBy {
  readonly actorId: UserId | null;
  readonly origin: Origin;
}

/**
 * What every end of a session brings with it, whatever brought it about: its event within the same transaction, and the
 * refusal of its access tokens as soon as that has committed.
 */
export class SessionEndings {
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #revocations: Revocations;

  constructor(dependencies: { unitOfWork: UnitOfWork; events: EventLog; revocations: Revocations }) {
    this.#unitOfWork = dependencies.unitOfWork;
    this.#events = dependencies.events;
    this.#revocations = dependencies.revocations;
  }

  /** To be called within the transaction that has ended `sessions`. */
  async record(sessions: readonly Session[], by: EndedBy): Promise<void> {
    await this.#record(sessions, by, []);
  }

  /** As `record`, for sessions of one user that one command has ended: where they are several, that is told as well. */
  async recordBulk(sessions: readonly Session[], { actorId, origin }: EndedBy): Promise<void> {
    const [first] = sessions;
    if (first === undefined) return;
    const { userId, endReason: reason } = first;
    const bulk: NewEvent = {
      type: 'sessions.bulk_terminated',
      outcome: 'SUCCESS',
      actorId,
      subjectId: userId,
      sessionId: null,
      origin,
      data: { userId, sessionIds: sessions.map(({ id }) => id), reason },
    };
    await this.#record(sessions, { actorId, origin }, sessions.length > 1 ? [bulk] : []);
  }

  async #record(sessions: readonly Session[], by: EndedBy, more: readonly NewEvent[]): Promise<void> {
    if (sessions.length === 0) return;
    await this.#events.record(...sessions.map((session) => terminated(session, by)), ...more);
    this.#unitOfWork.afterCommit(() => {
      for (const { id } of sessions) this.#revocations.add({ kind: 'session', id, notBefore: null });
    });
  }
}

function terminated({ id, userId, endReason: reason }: Session, { actorId, origin }: EndedBy): NewEvent {
  return {
    type: 'session.terminated',
    outcome: 'SUCCESS',
    actorId,
    subjectId: userId,
    sessionId: id,
    origin,
    data: { userId, sessionId: id, reason },
  };
}
