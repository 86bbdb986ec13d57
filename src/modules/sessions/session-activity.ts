import { LRUCache } from 'lru-cache';
import { unauthenticated } from '../../core/errors.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { SessionId } from '../../core/ids.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type Origin, requireSession, systemOrigin } from '../../core/principal.ts';
import type { SessionStore } from './session.store.ts';
import { type Session, type SessionLimits, statusOf } from './session.ts';

/** A session's activity is written, and announced, at most this often, in seconds. */
const RESOLUTION_SECONDS = 60;

/** Sessions that we remember to have noted: forgetting one costs a needless statement, nothing else. */
const REMEMBERED_SESSIONS = 50_000;

interface Dependencies {
  readonly store: SessionStore;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly limits: SessionLimits;
}

/** Knows when sessions were last heard of, without a write on any request's path. */
export class SessionActivity {
  readonly #store: SessionStore;
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #limits: SessionLimits;
  readonly #noted = new LRUCache<SessionId, true>({
    max: REMEMBERED_SESSIONS,
    ttl: RESOLUTION_SECONDS * 1000,
  });
  #pending = new Set<SessionId>();

  constructor({ store, unitOfWork, events, limits }: Dependencies) {
    this.#store = store;
    this.#unitOfWork = unitOfWork;
    this.#events = events;
    this.#limits = limits;
  }

  /** Notes that a session was heard of; `flush` writes it. */
  note(id: SessionId): void {
    if (this.#noted.has(id)) return;
    this.#noted.set(id, true);
    this.#pending.add(id);
  }

  /** Writes what was noted, all in one statement. To be called every second or so. */
  async flush(): Promise<void> {
    if (this.#pending.size === 0) return;
    const ids = [...this.#pending];
    this.#pending = new Set();
    try {
      await this.#touch(ids, systemOrigin);
    } catch (error) {
      // The next request of these sessions notes them again.
      for (const id of ids) this.#noted.delete(id);
      throw error;
    }
  }

  /** Notes that the caller's session is in use, for clients that keep it alive without other requests. */
  async record(caller: Caller): Promise<Session> {
    const { sessionId } = requireSession(caller);
    const [touched] = await this.#touch([sessionId], caller.origin);
    const session = touched ?? (await this.#store.find(sessionId))?.session;
    if (session === undefined || statusOf(session, this.#limits) === 'ENDED') {
      throw unauthenticated('Your session has ended. Sign in again.');
    }
    return session;
  }

  #touch(ids: readonly SessionId[], origin: Origin): Promise<Session[]> {
    return this.#unitOfWork.run(async () => {
      const touched = await this.#store.touch(ids, RESOLUTION_SECONDS);
      await this.#events.record(...touched.map((session) => activityOf(session, origin)));
      return touched;
    });
  }
}

function activityOf({ id, userId, lastActiveAt }: Session, origin: Origin): NewEvent {
  const data = { userId, sessionId: id, lastActiveAt: lastActiveAt.toISOString() };
  return eventBy({ userId, origin }, 'session.activity_updated', data);
}
