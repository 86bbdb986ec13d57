import { LRUCache } from 'lru-cache';
import { alignById, groupBy } from '../../core/align.ts';
import { forbidden, unauthenticated } from '../../core/errors.ts';
import type { EventId, SessionId, UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import {
  type Caller,
  holds,
  isSelf,
  type Principal,
  type Reader,
  requireScope,
} from '../../core/principal.ts';
import type { SessionFilter, SessionStore } from './session.store.ts';
import { isRecentlyAuthenticated, type Session, type SessionStatus } from './session.ts';

/** Finds and lists sessions, and authorises reading them. */
export class SessionQueries {
  readonly #store: SessionStore;
  /** Sessions by the id of a recent change. */
  readonly #changes = new LRUCache<EventId, Promise<Session | null>>({ max: 1_000, ttl: 5_000 });

  constructor(store: SessionStore) {
    this.#store = store;
  }

  /** The caller's own session; null for a caller without one. */
  async current({ principal }: Caller): Promise<Session | null> {
    return principal.kind === 'session' ? this.#store.find(principal.sessionId) : null;
  }

  /**
   * The current state of a changed session, read once for all streams that report the change. The caller must have been
   * authorised to receive it.
   */
  asOfChange(changeId: EventId, sessionId: SessionId): Promise<Session | null> {
    const known = this.#changes.get(changeId);
    if (known !== undefined) return known;
    const loaded = this.#store.find(sessionId);
    this.#changes.set(changeId, loaded);
    loaded.catch(() => this.#changes.delete(changeId));
    return loaded;
  }

  /**
   * Whether the caller's last authentication is recent. Required by operations that could lock the owner out.
   *
   * @throws {PublicError} UNAUTHENTICATED when the session has ended.
   */
  async isRecentlyAuthenticated(caller: Caller): Promise<boolean> {
    const session = await this.current(caller);
    if (session === null || session.endedAt !== null)
      throw unauthenticated('Your session has ended. Sign in again.');
    return isRecentlyAuthenticated(session);
  }

  /** @throws {PublicError} FORBIDDEN unless the principal is the user and holds `sessions:read`, or holds `sessions:read:any`. */
  requireMayList(principal: Reader, userId: UserId): void {
    if (!this.#maySee(principal, userId)) throw forbidden("These are someone else's sessions.");
  }

  /** The sessions that the principal may read: `result[i]` belongs to `ids[i]`; null if foreign or missing. */
  async findVisible(principal: Principal, ids: readonly SessionId[]): Promise<(Session | null)[]> {
    const found = await this.#store.findMany(ids);
    return alignById(
      ids,
      found.filter(({ userId }) => this.#maySee(principal, userId)),
    );
  }

  /** A page of all users' sessions, plus one if there are more. @throws {PublicError} FORBIDDEN without `sessions:read:any`. */
  listAll(principal: Principal, filter: SessionFilter, page: PageRequest): Promise<Session[]> {
    requireScope(principal, 'sessions:read:any');
    return this.#store.listAll(filter, page);
  }

  /** @throws {PublicError} FORBIDDEN without `sessions:read:any`. */
  countAll(principal: Principal, filter: SessionFilter): Promise<number> {
    requireScope(principal, 'sessions:read:any');
    return this.#store.countAll(filter);
  }

  /**
   * A page of each user's sessions, plus one if there are more: `result[i]` belongs to `userIds[i]`. Authorise each user
   * first.
   */
  async list(
    userIds: readonly UserId[],
    status: SessionStatus | null,
    page: PageRequest,
  ): Promise<Session[][]> {
    const lists = groupBy(await this.#store.listOf(userIds, status, page), ({ userId }) => userId);
    return userIds.map((userId) => lists.get(userId) ?? []);
  }

  /** The number of each user's sessions: `result[i]` belongs to `userIds[i]`. Authorise each user first. */
  async count(userIds: readonly UserId[], status: SessionStatus | null): Promise<number[]> {
    const counts = await this.#store.countOf(userIds, status);
    return userIds.map((userId) => counts.get(userId) ?? 0);
  }

  #maySee(principal: Reader, userId: UserId): boolean {
    return (
      (isSelf(principal, userId) && holds(principal, 'sessions:read')) ||
      holds(principal, 'sessions:read:any')
    );
  }
}
