import type { Actor } from '../../core/actor.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { SessionId } from '../../core/ids.ts';
import type { Principal } from '../../core/principal.ts';
import type { EndedSession } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';

type Ending = Pick<EndedSession, 'id' | 'userId' | 'revision' | 'endReason'>;

/** The largest number of a change that is stored: no change follows that of a lost session's end. */
const LAST_REVISION = 2 ** 31 - 1;

/** The events of ended sessions. Record them in the transaction that ended the sessions. */
export function terminationsOf(sessions: readonly Ending[], by: Actor): NewEvent[] {
  return sessions.map(({ id, userId, revision, endReason: reason }) =>
    eventBy(by, 'session.terminated', { userId, sessionId: id, sessionRevision: revision, reason }),
  );
}

/** As `terminationsOf`, for one user's sessions ended by one command: adds a bulk event if there are several. */
export function bulkTerminationOf(sessions: readonly EndedSession[], by: Actor): NewEvent[] {
  const [first, ...others] = sessions;
  const events = terminationsOf(sessions, by);
  if (first === undefined || others.length === 0) return events;
  const { userId, endReason: reason } = first;
  const sessionIds = sessions.map(({ id }) => id);
  // The event concerns several sessions, so it must not carry the actor's.
  const bulk = eventBy({ ...by, sessionId: null }, 'sessions.bulk_terminated', {
    userId,
    sessionIds,
    reason,
  });
  return [...events, bulk];
}

/**
 * How the caller's own session `id` ends whose row the database has lost (failover, restored backup); null if `id` is not the
 * caller's. Its access token verifies without a row, so that only the event of its end revokes it.
 */
export function endingOfLost(
  principal: Principal,
  id: SessionId,
  endReason: SessionEndReason,
): Ending | null {
  if (principal.kind !== 'session' || principal.sessionId !== id) return null;
  return { id, userId: principal.userId, revision: LAST_REVISION, endReason };
}
