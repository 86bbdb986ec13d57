import type { Actor } from '../../core/actor.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { EndedSession } from './session.ts';

/** The events of ended sessions. Record them in the transaction that ended the sessions. */
export function terminationsOf(sessions: readonly EndedSession[], by: Actor): NewEvent[] {
  return sessions.map(({ id, userId, endReason: reason }) =>
    eventBy(by, 'session.terminated', { userId, sessionId: id, reason }),
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
