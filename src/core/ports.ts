import type { NewEvent } from './events.ts';
import type { UserId } from './ids.ts';
import type { Caller } from './principal.ts';

/** Ambient transactions: one per asynchronous call chain, joined by nested calls. */
export interface UnitOfWork {
  /**
   * Runs `work` in a transaction: commits when it returns, rolls back when it throws. Retries after a serialization
   * failure or deadlock (three attempts at most), so `work` must have no effects outside the database.
   *
   * @throws {UnavailableError} if the database is unavailable.
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Checks that a transaction could begin now, without a statement. Call before a hash whose transaction follows: while the database
   * is away, it would be computed in vain.
   *
   * @throws {UnavailableError} if the database is unavailable.
   */
  requireAvailable(): Promise<void>;
  /**
   * As `run`, on one instance at a time: returns null without running `work` while another instance runs work of the
   * same `name`.
   */
  runExclusively<T>(name: string, work: () => Promise<T>): Promise<T | null>;
  /**
   * Runs `hook` after the current transaction has committed; at once without a transaction. Its failure is only logged.
   */
  afterCommit(hook: () => void | Promise<void>): void;
}

/** Checks in the database whether a caller's credential is still valid. */
export interface CredentialCheck {
  /**
   * Call first in every transaction that grants or changes something for a caller: the credential may have been revoked
   * while the request waited for a hash or a lock. Locks the caller's user and `others` in one fixed order, then the
   * caller's session or personal access token, which therefore cannot be revoked before the transaction ends.
   *
   * @throws {PublicError} UNAUTHENTICATED if the credential is no longer valid.
   */
  requireLive(caller: Caller, ...others: readonly UserId[]): Promise<void>;
}

/** Records events: audit log and outbox in one. */
export interface EventLog {
  /** Records events in the current transaction, and thus if and only if the change commits. */
  record(...events: readonly NewEvent[]): Promise<void>;
  /**
   * Counts a refusal. Refusals of one minute that differ only in origin become one row, with a `count` in its data and
   * the origin of the first: a row each would let anyone fill the log, and the time of the write would reveal what
   * exists. A crash loses those of the last minute.
   */
  countRefusal(event: NewEvent, times?: number): void;
}

/**
 * The queue of a hash. Standings are served round robin, addresses within a standing likewise, and subjects within an
 * address, so that a caller with many requests mainly delays its own. Null for operator commands.
 */
export type HashingTurn = {
  readonly standing: HashStanding;
  /** The caller's address. If null, the subject alone determines the queue. */
  readonly address: string | null;
  /** The account named by the request, existing or not, prefixed by the kind of name: `user:…`, `email:…`. */
  readonly subject: string;
} | null;

/**
 * What is known of the caller of a hash. Each kind of caller gets an equal part of the threads while all of them wait.
 */
export type HashStanding = 'known' | 'unknown' | 'suspicious';

/** Hashes and verifies passwords off the event loop. */
export interface PasswordHasher {
  /** Whether hashes wait for a thread. */
  readonly isBusy: boolean;
  /** @throws {OverloadedError} if the expected wait exceeds the limit of the queue. */
  hash(password: string, turn: HashingTurn): Promise<string>;
  /**
   * Compares a password with a stored hash. Without a hash (`null`: no such user) it takes the same time and never
   * matches. `outdated`: the password matches, but the hash uses an old secret, cost or scheme and must be replaced.
   *
   * @throws {OverloadedError} if the expected wait exceeds the limit of the queue.
   */
  verify(
    password: string,
    storedHash: string | null,
    turn: HashingTurn,
  ): Promise<{ matches: boolean; outdated: boolean }>;
}

/** Named counters. */
export interface Counters {
  increment(name: string): void;
}

/** Structured logging. Fields never contain secrets (a `Secret` prints as `[secret]`). */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
