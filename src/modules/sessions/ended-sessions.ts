import type { SessionId } from '../../core/ids.ts';

/**
 * The sessions that have ended and whose access tokens may still be in somebody's hands: an ordinary request is checked
 * against this set and needs no database. An entry is kept as long as an access token lives, for then none is left.
 */
export class EndedSessions {
  readonly keepForSeconds: number;
  readonly #monotonicNow: () => number;
  /** Session -> when to forget it. Entries are added in order of that time, so the first is always the next to go. */
  readonly #forgetAt = new Map<SessionId, number>();
  readonly #watchers = new Map<SessionId, Set<() => void>>();

  constructor({
    keepForSeconds,
    monotonicNow = () => performance.now(),
  }: {
    keepForSeconds: number;
    monotonicNow?: () => number;
  }) {
    this.keepForSeconds = keepForSeconds;
    this.#monotonicNow = monotonicNow;
  }

  get size(): number {
    return this.#forgetAt.size;
  }

  add(id: SessionId): void {
    const now = this.#monotonicNow();
    this.#forgetAt.delete(id);
    this.#forgetAt.set(id, now + this.keepForSeconds * 1000);
    for (const [oldest, forgetAt] of this.#forgetAt) {
      if (forgetAt > now) break;
      this.#forgetAt.delete(oldest);
    }
    for (const watcher of this.#watchers.get(id) ?? []) watcher();
  }

  has(id: SessionId): boolean {
    return this.#forgetAt.has(id);
  }

  /** Calls `watcher` when the session ends, possibly more than once. Returns the way to stop. */
  watch(id: SessionId, watcher: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    };
  }
}
