import type { NewEvent } from './events.ts';
import type { UserId } from './ids.ts';
import type { Caller } from './principal.ts';

/** One transaction at a time per flow of work, joined by whatever is called within it. */
export interface UnitOfWork {
  /**
   * Runs `work` in a transaction: committed when it returns, whatever it returns; rolled back when it throws.
   * A serialization failure or deadlock runs it again (at most three times), so it must change nothing but the database.
   *
   * @throws {UnavailableError} when the database does not answer.
   */
  run<T>(work: () => Promise<T>): Promise<T>;
  /**
   * As `run`, for periodic work that one instance does for all: null, and nothing done, while another is at it.
   * `name` tells such works apart.
   */
  runExclusively<T>(name: string, work: () => Promise<T>): Promise<T | null>;
  /** Runs `hook` once the current transaction has committed; at once where there is none. Its failure harms nobody. */
  afterCommit(hook: () => void | Promise<void>): void;
}

/** Whether a caller's credential is still valid, asked of the database. */
export interface CredentialCheck {
  /**
   * To be called within each transaction that grants or changes something for a caller, before it does: what a request was
   * authenticated by may have ended while it waited, for a hash or for a lock. Locks the caller's user and `others`, in one
   * order, and then the caller's session or personal access token, which thus cannot end before the transaction does.
   *
   * @throws {PublicError} UNAUTHENTICATED when the credential has ended.
   */
  requireLive(caller: Caller, ...others: readonly UserId[]): Promise<void>;
}

/** The record of what happened: audit entry and outbox in one. */
export interface EventLog {
  /** Records events within the current transaction: they exist if, and only if, the change does. */
  record(...events: readonly NewEvent[]): Promise<void>;
  /**
   * Counts a refusal. Those of a minute that are equal but for their origin become one row, with a `count` among its data and
   * the first one's origin: a row each would let strangers fill the log, and would take time that tells what exists. A crash
   * loses those of its last minute.
   */
  countRefusal(event: NewEvent, times?: number): void;
}

/**
 * Which queue a hash waits in. Addresses are served in turn and, within an address, its subjects, so that a caller with many
 * requests delays its own first. Null for commands of the operator.
 */
export type HashingTurn = {
  /** The caller's. Where it is unknown, the subject alone is the queue. */
  readonly address: string | null;
  /** The account that the request names, whether it exists or not, with the kind of name first: `user:…`, `email:…`. */
  readonly subject: string;
} | null;

/** Turns passwords into hashes, off the event loop. */
export interface PasswordHasher {
  /** @throws {OverloadedError} when its turn is not expected to come within the queue's bound. */
  hash(password: string, turn: HashingTurn): Promise<string>;
  /**
   * Compares a password with a stored hash. Without one (`null`: no such user) it does the same work and never matches.
   * `outdated`: matched, but made with another secret, cost or scheme than is in force, so hash it anew.
   *
   * @throws {OverloadedError} when its turn is not expected to come within the queue's bound.
   */
  verify(
    password: string,
    storedHash: string | null,
    turn: HashingTurn,
  ): Promise<{ matches: boolean; outdated: boolean }>;
}

/** Counts what happens, by name. */
export interface Counters {
  increment(name: string): void;
}

/** Structured log lines; values never hold secrets (a `Secret` prints as `[secret]`). */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
