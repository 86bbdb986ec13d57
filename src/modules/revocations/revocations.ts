import type { Revocation } from '../../core/revocation.ts';

interface Entry {
  readonly notBefore: Date | null;
  /** Monotonic, in milliseconds. */
  readonly heardAt: number;
}

interface Options {
  /** How long a revoked credential may otherwise be accepted: the lifetime of access tokens and of cached ones. */
  readonly keepForSeconds: number;
  readonly monotonicNow?: () => number;
}

/**
 * Recent revocations, in memory, so that ordinary requests need no database. An entry is kept until every access token that
 * it revokes has expired.
 */
export class Revocations {
  readonly keepForSeconds: number;
  readonly #monotonicNow: () => number;
  /** In order of arrival, so that the first is the next to expire. */
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
    // While the bus is silent the database returns the same revocations repeatedly, including a user's older ones, which
    // must not end a stream that was opened after the newest.
    if (!isNew) return;
    for (const watcher of this.#watchers.get(id) ?? []) watcher();
  }

  /** Whether the session or personal access token is revoked. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** The time before which issued access tokens of this user are revoked; null if none are. */
  notBefore(userId: string): Date | null {
    return this.#entries.get(userId)?.notBefore ?? null;
  }

  /** Whether no revocation of `id` arrived since `readAt` (monotonic, in milliseconds), so that data read then is current. */
  isUnchangedSince(id: string, readAt: number): boolean {
    const entry = this.#entries.get(id);
    return entry === undefined || entry.heardAt < readAt;
  }

  /** Calls `watcher` at each new revocation of `id`. Returns a function that stops it. */
  watch(id: string, watcher: () => void): () => void {
    const watchers = this.#watchers.get(id) ?? new Set();
    this.#watchers.set(id, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0 && this.#watchers.get(id) === watchers) this.#watchers.delete(id);
    };
  }
}
