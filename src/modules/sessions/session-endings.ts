import type { Actor } from '../../core/actor.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { EndedSession } from './session.ts';

/** The events of sessions that have ended. Record them in the transaction that ended these. */
export function terminationsOf(sessions: readonly EndedSession[], by: Actor): NewEvent[] {
  return sessions.map(({ id, userId, endReason: reason }) =>
    eventBy(by, 'session.terminated', { userId, sessionId: id, reason }),
  );
}

/** As `terminationsOf`, for sessions of one user that one command has ended: one more event if they are several. */
export function bulkTerminationOf(sessions: readonly EndedSession[], by: Actor): NewEvent[] {
  const [first, ...others] = sessions;
  const events = terminationsOf(sessions, by);
  if (first === undefined || others.length === 0) return events;
  const { userId, endReason: reason } = first;
  const sessionIds = sessions.map(({ id }) => id);
  // It concerns several sessions, so the actor's must not stand for them.
  const bulk = eventBy({ ...by, sessionId: null }, 'sessions.bulk_terminated', {
    userId,
    sessionIds,
    reason,
  });
  return [...events, bulk];
}
