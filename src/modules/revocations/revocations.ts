import { type Clock, systemClock } from '../../core/clock.ts';
import type { Revocation } from '../../core/revocation.ts';

interface Entry {
  readonly revocation: Revocation;
  /** Monotonic, in milliseconds. */
  readonly heardAt: number;
  /** The latest time that the clock had shown by then, in milliseconds: tokens were issued by it. */
  readonly latestDate: number;
}

interface Options {
  /** How long a revoked credential may otherwise be accepted: the lifetime of access tokens and of cached ones. */
  readonly keepForSeconds: number;
  /** By which tokens expire. */
  readonly clock?: Clock;
  readonly monotonicNow?: () => number;
}

/**
 * Recent revocations, in memory, so that ordinary requests need no database. An entry is kept until every access token that
 * it revokes has expired, by monotonic time and by the clock, which may be set back; and until it is confirmed that the database
 * has not lost it.
 */
export class Revocations {
  readonly keepForSeconds: number;
  readonly #clock: Clock;
  readonly #monotonicNow: () => number;
  /** In order of arrival, so that the first is the next to expire. */
  readonly #entries = new Map<string, Entry>();
  readonly #watchers = new Map<string, Set<() => void>>();
  readonly #onAdded: ((revocation: Revocation) => void)[] = [];
  #latestDate = Number.NEGATIVE_INFINITY;
  #confirmedUntil = Number.NEGATIVE_INFINITY;

  constructor({ keepForSeconds, clock = systemClock, monotonicNow = () => performance.now() }: Options) {
    this.keepForSeconds = keepForSeconds;
    this.#clock = clock;
    this.#monotonicNow = monotonicNow;
  }

  get size(): number {
    return this.#entries.size;
  }

  add(revocation: Revocation): void {
    const { id } = revocation;
    const heardAt = this.#monotonicNow();
    const date = this.#clock.now().getTime();
    this.#latestDate = Math.max(this.#latestDate, date);
    const known = this.#entries.get(id);
    const isNew = known === undefined || timeOf(revocation) > timeOf(known.revocation);
    this.#entries.delete(id);
    this.#entries.set(id, {
      revocation: isNew ? revocation : known.revocation,
      heardAt,
      latestDate: this.#latestDate,
    });
    this.#forget(heardAt, date);
    // While the bus is silent the database returns the same revocations repeatedly, including a user's older ones, which
    // must not end a stream that was opened after the newest.
    if (!isNew) return;
    for (const watcher of this.#watchers.get(id) ?? []) watcher();
    for (const listener of this.#onAdded) listener(revocation);
  }

  /** Calls `listener` with each new revocation. */
  onAdded(listener: (revocation: Revocation) => void): void {
    this.#onAdded.push(listener);
  }

  /** Whether the session or personal access token is revoked. Of users and service clients `notBefore` tells. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /** The time before which issued access tokens of this user or service client are revoked; null if none are. */
  notBefore(id: string): Date | null {
    return this.#entries.get(id)?.revocation.notBefore ?? null;
  }

  /** Why the session or personal access token is revoked; undefined if it is not, or its reason is not known. */
  reasonOf(id: string): string | undefined {
    const revocation = this.#entries.get(id)?.revocation;
    return revocation && 'reason' in revocation ? revocation.reason : undefined;
  }

  heard(): readonly Revocation[] {
    return [...this.#entries.values()].map(({ revocation }) => revocation);
  }

  /** Confirms that the database has those that were heard until then (monotonic, in milliseconds), and will not lose them. */
  confirm(until: number): void {
    this.#confirmedUntil = Math.max(this.#confirmedUntil, until);
    this.#forget(this.#monotonicNow(), this.#clock.now().getTime());
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

  #forget(now: number, date: number): void {
    const keepForMs = this.keepForSeconds * 1_000;
    for (const [oldest, { heardAt, latestDate }] of this.#entries) {
      const isOver = heardAt + keepForMs <= now && latestDate + keepForMs <= date;
      if (!isOver || heardAt > this.#confirmedUntil) return;
      this.#entries.delete(oldest);
    }
  }
}

const timeOf = ({ notBefore }: Revocation) => notBefore?.getTime() ?? 0;
