import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { unauthenticated } from '../../core/errors.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { SessionId } from '../../core/ids.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type Origin, requireSession, systemOrigin } from '../../core/principal.ts';
import type { SessionStore } from './session.store.ts';
import { type Session, type SessionLimits, statusOf } from './session.ts';

/** Minimum interval between writes, and events, of a session's activity. */
const RESOLUTION_SECONDS = 60;

/** Capacity of the cache of noted sessions; an eviction costs one redundant statement. */
const REMEMBERED_SESSIONS = 50_000;

interface Dependencies {
  readonly store: SessionStore;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly limits: SessionLimits;
}

/** Batches last-activity writes off the request path. */
export class SessionActivity {
  readonly #deps: Dependencies;
  readonly #noted = new LRUCache<SessionId, true>({
    ...atMost(REMEMBERED_SESSIONS),
    ttl: RESOLUTION_SECONDS * 1000,
  });
  #pending = new Set<SessionId>();

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /** Queues activity of a session, to be written by `flush`. */
  note(id: SessionId): void {
    if (this.#noted.has(id)) return;
    this.#noted.set(id, true);
    this.#pending.add(id);
  }

  /** Writes the queued activity in two statements. To be called about every second. */
  async flush(): Promise<void> {
    if (this.#pending.size === 0) return;
    const ids = [...this.#pending];
    this.#pending = new Set();
    try {
      await this.#deps.store.noteUse(ids);
      await this.#touch(ids, systemOrigin);
    } catch (error) {
      // The next request of each of these sessions queues it again.
      for (const id of ids) this.#noted.delete(id);
      throw error;
    }
  }

  /** Records activity of the caller's session at once, for clients that keep it alive without other requests. */
  async record(caller: Caller): Promise<Session> {
    const { sessionId } = requireSession(caller);
    const [touched] = await this.#touch([sessionId], caller.origin);
    const session = touched ?? (await this.#deps.store.find(sessionId));
    if (session === null || statusOf(session, this.#deps.limits) === 'ENDED') {
      throw unauthenticated('Your session has ended. Sign in again.');
    }
    return session;
  }

  #touch(ids: readonly SessionId[], origin: Origin): Promise<Session[]> {
    return this.#deps.unitOfWork.run(async () => {
      const touched = await this.#deps.store.touch(ids, RESOLUTION_SECONDS);
      await this.#deps.events.record(...touched.map((session) => activityOf(session, origin)));
      return touched;
    });
  }
}

function activityOf({ id, userId, revision, lastActiveAt }: Session, origin: Origin): NewEvent {
  const data = { userId, sessionId: id, sessionRevision: revision, lastActiveAt: lastActiveAt.toISOString() };
  return eventBy({ userId, origin }, 'session.activity_updated', data);
}
