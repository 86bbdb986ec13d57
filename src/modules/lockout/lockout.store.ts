import type { UserId } from '../../core/ids.ts';

/** An attempt that may be made, and counts as a failure until it has succeeded. */
export interface BegunAttempt {
  readonly kind: 'begun';
  /** Failures in a row, this attempt included. */
  readonly failures: number;
}

export interface LockedUntil {
  readonly kind: 'locked';
  readonly until: Date;
  /** From the database's clock. At least 1. */
  readonly secondsLeft: number;
}

export interface LockoutRules {
  /** Failures in a row that lock. */
  readonly failures: number;
  /** Duration of the first lock; each further one lasts twice as long. */
  readonly lockSeconds: number;
}

/** Storage of failed attempts, by the digest of what they were made on. */
export interface LockoutStore {
  /**
   * Counts an attempt, unless the digest is locked. The attempt that reaches the limit locks. `userId`: the user whom the digest
   * concerns, if there is one.
   */
  begin(digest: string, userId: UserId | null, rules: LockoutRules): Promise<BegunAttempt | LockedUntil>;
  /** Takes back an attempt that was not made. */
  withdraw(digest: string): Promise<void>;
  /** Forgets all failures, and ends locks. Returns whether there were any. */
  clear(digests: readonly string[]): Promise<boolean>;
  /** The ends of the locks of these digests, by digest. */
  locksOf(digests: readonly string[]): Promise<ReadonlyMap<string, Date>>;
  /** Says which digests concern these users from now on; others of theirs concern nobody any more. */
  assign(digestsOf: ReadonlyMap<UserId, readonly string[]>): Promise<void>;
  /** The users whom a lock concerns. */
  lockedUserIds(): Promise<UserId[]>;
  /** Deletes up to `limit` rows of which nothing counts any more, and returns their number. */
  purge(limit: number): Promise<number>;
}

/** After this time without an attempt or a lock, earlier ones are forgotten. Also the longest lock. In seconds. */
export const MEMORY_SECONDS = 86_400;
