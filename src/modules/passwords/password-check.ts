import { severityOf } from '../../core/errors.ts';
import type { NewEvent } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import type { EventLog, HashingTurn, Logger, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { UserStore, UserWithPassword } from '../users/index.ts';
import { isAcceptableLength } from './password-policy.ts';

interface Dependencies {
  readonly users: UserStore;
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
 * under the user's lock, before anything follows from it.
 */
export class PasswordCheck {
  readonly #users: UserStore;
  readonly #hasher: PasswordHasher;
  readonly #unitOfWork: UnitOfWork;
  readonly #events: EventLog;
  readonly #logger: Logger;

  constructor(dependencies: Dependencies) {
    this.#users = dependencies.users;
    this.#hasher = dependencies.hasher;
    this.#unitOfWork = dependencies.unitOfWork;
    this.#events = dependencies.events;
    this.#logger = dependencies.logger;
  }

  /**
   * Is this the password of `candidate`? Nobody (null) takes exactly as long. A failure is recorded.
   *
   * @throws {OverloadedError}
   */
  async passes(
    password: string,
    candidate: UserWithPassword | null,
    { failure, origin, turn }: Attempt,
  ): Promise<boolean> {
    // Too long to be anyone's password: refused alike for everyone, before it costs a hash.
    const { matches, outdated } = isAcceptableLength(password)
      ? await this.#hasher.verify(password, candidate?.password?.hash ?? null, turn)
      : { matches: false, outdated: false };
    if (!matches || candidate === null) {
      await this.#unitOfWork.run(() =>
        this.#events.record(failureEvent(failure, candidate?.user.id ?? null, origin)),
      );
      return false;
    }
    if (outdated) await this.#rehash(candidate, password, turn);
    return true;
  }

  /** Within a transaction: locks the user, and tells whether the password that passed is still the one in force. */
  async lockIfUnchanged(checked: UserWithPassword): Promise<UserWithPassword | null> {
    const locked = await this.#users.lock(checked.user.id);
    const unchanged = locked?.password?.changedAt.getTime() === checked.password?.changedAt.getTime();
    return unchanged ? locked : null;
  }

  /** Another pepper, a higher cost: the password is at hand only now. Failing at it must not fail the sign-in. */
  async #rehash(
    { user, password: stored }: UserWithPassword,
    password: string,
    turn: HashingTurn,
  ): Promise<void> {
    if (stored === null) return;
    try {
      await this.#users.replaceHash(user.id, stored.hash, await this.#hasher.hash(password, turn));
    } catch (error) {
      this.#logger[severityOf(error)]({ err: error, userId: user.id }, 'a password could not be hashed anew');
    }
  }
}

/** What was typed as the identifier is not recorded: people type their password there. */
function failureEvent(type: NewEvent['type'], subjectId: UserId | null, origin: Origin): NewEvent {
  return { type, outcome: 'FAILURE', actorId: null, subjectId, sessionId: null, origin, data: {} };
}
