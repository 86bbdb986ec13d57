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

  constructor({ keepForSeconds, monotonicNow = () => performance.now() }: { keepForSeconds: number; monotonicNow?: () => number }) {
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
  }

  has(id: SessionId): boolean {
    return this.#forgetAt.has(id);
  }
}
