import type { Revocation } from '../../core/revocation.ts';

interface Entry {
  readonly notBefore: Date | null;
  /** Monotonic, in milliseconds. */
  readonly heardAt: number;
}

interface Options {
  /** How long what rests on a revocation may still be in somebody's hands, or in a cache. */
  readonly keepForSeconds: number;
  readonly monotonicNow?: () => number;
}

/**
 * What has been revoked lately: an ordinary request is checked against this and needs no database. An entry is kept for as
 * long as an access token lives, for then none is left.
 */
export class Revocations {
  readonly keepForSeconds: number;
  readonly #monotonicNow: () => number;
  /** In the order in which they were heard, so that the first is always the next to be forgotten. */
  readonly #entries = new Map<string, Entry>();
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor({ keepForSeconds, monotonicNow = () => performance.now() }: Options) {
    this.keepForSeconds = keepForSeconds;
    this.#monotonicNow = monotonicNow;
  }

  get size(): number {
    return this.#entries.size;
  }

  add({ id, notBefore }: Revocation): void {
    const heardAt = this.#monotonicNow();
    const known = this.#entries.get(id);
    const isNew = known === undefined || (notBefore?.getTime() ?? 0) > (known.notBefore?.getTime() ?? 0);
    this.#entries.delete(id);
    this.#entries.set(id, { notBefore: isNew ? notBefore : known.notBefore, heardAt });
    for (const [oldest, entry] of this.#entries) {
      if (entry.heardAt + this.keepForSeconds * 1000 > heardAt) break;
      this.#entries.delete(oldest);
    }
    // While the bus is silent the database lists the same revocations again and again, a user's older ones among them:
    // a watcher that began after the newest is valid.
    if (!isNew) return;
    for (const watcher of this.#watchers.get(id) ?? []) watcher();
  }

  /** Has the session, or the personal access token, come to an end? */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** Access tokens of this user that were issued before are refused; null where none are. */
  notBefore(userId: string): Date | null {
    return this.#entries.get(userId)?.notBefore ?? null;
  }

  /** Whether nothing has been heard of `id` since: what was read at `readAt` (monotonic, in milliseconds) is still true. */
  isUnchangedSince(id: string, readAt: number): boolean {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.heardAt < readAt;
  }

  /** Calls `watcher` whenever something new is heard of `id`. Returns the way to stop. */
  watch(id: string, watcher: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    };
  }
}
