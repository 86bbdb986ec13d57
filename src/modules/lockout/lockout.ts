import type { Actor } from '../../core/actor.ts';
import type { Digest } from '../../core/digest.ts';
import { eventBy } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import { InTurn } from '../../core/in-turn.ts';
import type { Counters, EventLog, UnitOfWork } from '../../core/ports.ts';
import type { LockedUntil, LockoutRules, LockoutStore } from './lockout.store.ts';

interface Dependencies {
  readonly store: LockoutStore;
  readonly rules: LockoutRules;
  readonly digest: Digest;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly counters: Counters;
}

/** The result of a check. */
export interface Checked<T> {
  readonly kind: 'checked';
  /** False counts as a failure. */
  readonly isRight: boolean;
  readonly value: T;
}

interface Attempt {
  readonly actor: Actor;
  /** What the password is checked for: an identifier, whether or not an account has it, or a user. */
  readonly subject: string;
  /** The user, if there is one. */
  readonly userId: UserId | null;
}

/**
 * Locks a subject after several wrong passwords in a row (NIST SP 800-63B-4 §3.2.2). An attempt is counted before its password
 * is checked, so that concurrent attempts, on any number of instances, cannot exceed the limit; and it is taken back if it
 * succeeds. On one instance, attempts on a subject run one after another, so that several right passwords at once do not
 * count as each other's failures.
 */
export class Lockout {
  readonly #deps: Dependencies;
  readonly #inTurn = new InTurn<string>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Runs `check`, which checks a password and nothing else, unless the subject is locked. If it throws, no password was
   * checked.
   */
  attempt<T>(attempt: Attempt, check: () => Promise<Checked<T>>): Promise<Checked<T> | LockedUntil> {
    const { store, rules, counters, events } = this.#deps;
    const digest = this.#digestOf(attempt.subject);
    return this.#inTurn.run(digest, async () => {
      const begun = await store.begin(digest, attempt.userId, rules);
      if (begun.kind === 'locked') {
        counters.increment('lockout.refused');
        events.countRefusal(eventBy(attempt.actor, 'lockout.refused', {}, attempt.userId));
        return begun;
      }
      const checked = await this.#orWithdraw(digest, check);
      if (checked.isRight) await store.clear([digest]);
      else if (begun.failures >= rules.failures) await this.#recordLock(attempt, begun.failures);
      return checked;
    });
  }

  /** Forgets the failures on these subjects of a user, and ends their locks, within a transaction. */
  async unlock(actor: Actor, userId: UserId, subjects: readonly string[]): Promise<void> {
    if (await this.#deps.store.clear(this.digestsOf(subjects)))
      await this.#deps.events.record(eventBy(actor, 'lockout.ended', { userId }));
  }

  /** The keys of the rows of these subjects: `result[i]` belongs to `subjects[i]`. */
  digestsOf(subjects: readonly string[]): string[] {
    return subjects.map((subject) => this.#digestOf(subject));
  }

  /** The ends of the locks of these subjects, by subject. */
  async locksOf(subjects: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const byDigest = new Map(subjects.map((subject) => [this.#digestOf(subject), subject]));
    const locks = await this.#deps.store.locksOf([...byDigest.keys()]);
    return new Map([...locks].map(([digest, until]) => [byDigest.get(digest) ?? '', until]));
  }

  /** Says which subjects are those of new, renamed or deleted users, within the transaction: they may have been locked before. */
  async assign(subjectsOf: ReadonlyMap<UserId, readonly string[]>): Promise<void> {
    const digestsOf = [...subjectsOf].map(([id, subjects]) => [id, this.digestsOf(subjects)] as const);
    await this.#deps.store.assign(new Map(digestsOf));
  }

  /** The users on one of whose subjects there is a lock. */
  lockedUserIds(): Promise<UserId[]> {
    return this.#deps.store.lockedUserIds();
  }

  /** Deletes what does not count any more. */
  purge(limit: number): Promise<number> {
    return this.#deps.store.purge(limit);
  }

  async #orWithdraw<T>(digest: string, check: () => Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      // If this fails too, the attempt stays counted.
      await this.#deps.store.withdraw(digest).catch(() => undefined);
      throw error;
    }
  }

  async #recordLock({ actor, userId }: Attempt, failures: number): Promise<void> {
    const { unitOfWork, events, counters } = this.#deps;
    counters.increment('lockout.started');
    const event = eventBy(actor, 'lockout.started', { failures }, userId);
    await unitOfWork.run(() => events.record(event));
  }

  #digestOf(subject: string): string {
    return this.#deps.digest('lockout', subject);
  }
}
