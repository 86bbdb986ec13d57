import type { Caller } from '../../core/principal.ts';
import type { NewEvent } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { Session } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';

/**
 * What every end of a session brings with it, whatever brought it about: its event within the same transaction, and the
 * refusal of its access tokens as soon as that has committed.
 */
export class SessionEndings {
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #endedSessions: EndedSessions;

  constructor(dependencies: { unitOfWork: UnitOfWork; events: EventLog; endedSessions: EndedSessions }) {
    this.#unitOfWork = dependencies.unitOfWork;
    this.#events = dependencies.events;
    this.#endedSessions = dependencies.endedSessions;
  }

  /** To be called within the transaction that ended `sessions`, all of one user. `actorId` is null for the system. */
  async record(
    sessions: readonly Session[],
    reason: SessionEndReason,
    { actorId, origin }: { actorId: UserId | null; origin: Caller['origin'] },
  ): Promise<void> {
    const [first] = sessions;
    if (first === undefined) return;
    const ended = sessions.map((session): NewEvent => ({
      type: 'session.terminated',
      outcome: 'SUCCESS',
      actorId,
      subjectId: session.userId,
      sessionId: session.id,
      origin,
      data: { userId: session.userId, sessionId: session.id, reason },
    }));
    const bulk: NewEvent = {
      type: 'sessions.bulk_terminated',
      outcome: 'SUCCESS',
      actorId,
      subjectId: first.userId,
      sessionId: null,
      origin,
      data: { userId: first.userId, sessionIds: sessions.map(({ id }) => id), reason },
    };
    await this.#events.record(...ended, ...(sessions.length > 1 ? [bulk] : []));
    this.#unitOfWork.afterCommit(() => {
      for (const { id } of sessions) this.#endedSessions.add(id);
    });
  }
}
