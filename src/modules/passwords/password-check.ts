import { severityOf } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog, HashingTurn, Logger, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Proof } from '../sign-in/index.ts';
import type { User, UserDirectory } from '../users/index.ts';
import type { PasswordStore } from './password.store.ts';
import type { UserWithPassword } from './password.ts';
import { isAcceptableLength } from './password-policy.ts';

interface Dependencies {
  readonly store: PasswordStore;
  readonly users: Pick<UserDirectory, 'lockAll'>;
  readonly hasher: PasswordHasher;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly logger: Logger;
}

/** Where an attempt comes from, and how it is treated. */
interface Attempt {
  /** The type of the event that records a failure. */
  readonly failure: 'user.login_failed' | 'user.password_check_failed';
  readonly origin: Origin;
  readonly turn: HashingTurn;
}

/**
 * Checks passwords. The hash is computed outside of any transaction, so what it was checked against is checked once more,
 * under the user's lock, before anything follows from it: that is what the proof's `confirm` does.
 */
export class PasswordCheck {
  readonly #store: PasswordStore;
  readonly #users: Pick<UserDirectory, 'lockAll'>;
  readonly #hasher: PasswordHasher;
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #logger: Logger;

  constructor(dependencies: Dependencies) {
    this.#store = dependencies.store;
    this.#users = dependencies.users;
    this.#hasher = dependencies.hasher;
    this.#unitOfWork = dependencies.unitOfWork;
    this.#events = dependencies.events;
    this.#logger = dependencies.logger;
  }

  /**
   * The proof that this is the password of `candidate`, null where it is not. No candidate (null) takes exactly as long. A
   * failure is recorded.
   *
   * @throws {OverloadedError}
   */
  async prove(
    password: string,
    candidate: UserWithPassword | null,
    { failure, origin, turn }: Attempt,
  ): Promise<Proof | null> {
    // Too long to be anyone's password: refused alike for everyone, before it costs a hash.
    const { matches, outdated } = isAcceptableLength(password)
      ? await this.#hasher.verify(password, candidate?.password?.hash ?? null, turn)
      : { matches: false, outdated: false };
    if (!matches || candidate === null) {
      await this.#unitOfWork.run(() =>
        // What was typed as the identifier is not recorded: people type their password there.
        this.#events.record(eventBy({ userId: null, origin }, failure, {}, candidate?.user.id)),
      );
      return null;
    }
    if (outdated) await this.#rehash(candidate, password, turn);
    return { provedBy: ['pwd'], confirm: () => this.#confirm(candidate) };
  }

  async #confirm(checked: UserWithPassword): Promise<User | null> {
    // Locked first and read after: one statement would read the password as of before the wait for the lock.
    await this.#users.lockAll([checked.user.id]);
    const current = await this.#store.find(checked.user.id);
    const unchanged = current?.password?.changedAt.getTime() === checked.password?.changedAt.getTime();
    return unchanged ? (current?.user ?? null) : null;
  }

  /** Another pepper, a higher cost: the password is at hand only now. Failing at it must not fail the sign-in. */
  async #rehash(
    { user, password: stored }: UserWithPassword,
    password: string,
    turn: HashingTurn,
  ): Promise<void> {
    if (stored === null) return;
    try {
      await this.#store.replaceHash(user.id, stored.hash, await this.#hasher.hash(password, turn));
    } catch (error) {
      this.#logger[severityOf(error)]({ err: error, userId: user.id }, 'a password could not be hashed anew');
    }
  }
}
