import { type Actor, actorOf } from '../../core/actor.ts';
import { severityOf } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import type { EventLog, HashingTurn, Logger, PasswordHasher, UnitOfWork } from '../../core/ports.ts';
import type { Caller } from '../../core/principal.ts';
import type { LockedUntil, Lockout } from '../lockout/index.ts';
import type { Proof } from '../sign-in/index.ts';
import type { User } from '../users/index.ts';
import { turnOf } from './hashing-turn.ts';
import type { AccountLocked } from './outcomes.ts';
import type { PasswordStore } from './password.store.ts';
import type { UserWithPassword } from './password.ts';
import { isAcceptableLength } from './password-policy.ts';
import { subjectOfUser } from './subjects.ts';

interface Dependencies {
  readonly store: PasswordStore;
  readonly hasher: PasswordHasher;
  readonly lockout: Lockout;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly logger: Logger;
}

/** Proof by a password. */
export interface PasswordProof extends Proof {
  readonly kind: 'proof';
}

/** A right password of a sign-in that is not admitted. */
export interface Blocked {
  readonly kind: 'blocked';
}

/** Actor, queue and failure event of an attempt. */
interface Attempt {
  /** Type of the event recorded on failure. */
  readonly failure: 'user.login_failed' | 'user.password_check_failed';
  /** The signed-in user who was asked again; nobody known at a sign-in. */
  readonly actor: Actor;
  /** What wrong passwords lock. */
  readonly subject: string;
  readonly turn: HashingTurn;
}

/**
 * Checks passwords. The hash is computed outside any transaction, so the proof's `confirm` checks, under the user's
 * lock, that the password has not changed since.
 */
export class PasswordCheck {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Verifies the password of `candidate`: null if wrong. A null candidate takes the same time. Records a failure. Computes no
   * hash while the subject is locked.
   *
   * @throws {OverloadedError}
   */
  async prove(
    attempt: Attempt,
    candidate: UserWithPassword | null,
    password: string,
  ): Promise<PasswordProof | null | LockedUntil> {
    const proof = await this.proveIfAdmitted(attempt, candidate, password, async () => true);
    if (proof?.kind === 'blocked') throw new Error('a check that is always admitted was blocked');
    return proof;
  }

  /**
   * As `prove`. `admits` is told at once whether the password is right. A right one that it does not admit counts as a failure,
   * so that the count does not tell that the password was right.
   *
   * @throws {OverloadedError}
   */
  async proveIfAdmitted(
    { failure, actor, subject, turn }: Attempt,
    candidate: UserWithPassword | null,
    password: string,
    admits: (isRight: boolean) => Promise<boolean>,
  ): Promise<PasswordProof | null | LockedUntil | Blocked> {
    const { lockout, unitOfWork, events } = this.#deps;
    const userId = candidate?.user.id ?? null;
    const checked = await lockout.attempt({ actor, subject, userId }, async () => {
      const { matches, outdated } = await this.#verify(candidate, password, turn);
      const isAdmitted = await admits(matches);
      return { kind: 'checked', isRight: matches && isAdmitted, value: { matches, outdated } };
    });
    if (checked.kind === 'locked') return checked;
    const { matches, outdated } = checked.value;
    if (!matches || candidate === null) {
      // The identifier is not recorded: people enter their password there by mistake.
      await unitOfWork.run(() => events.record(eventBy(actor, failure, {}, userId)));
      return null;
    }
    if (!checked.isRight) return { kind: 'blocked' };
    if (outdated) await this.#rehash(candidate, password, turn);
    return { kind: 'proof', provedBy: ['pwd'], confirm: () => this.#confirm(candidate) };
  }

  async #verify(candidate: UserWithPassword | null, password: string, turn: HashingTurn) {
    // Longer than any stored password: refused for known and unknown accounts alike, before a hash is computed.
    if (!isAcceptableLength(password)) return { matches: false, outdated: false };
    const { matches, outdated } = await this.#deps.hasher.verify(
      password,
      candidate?.password?.hash ?? null,
      turn,
    );
    return { matches: matches && candidate !== null, outdated };
  }

  async #confirm(checked: UserWithPassword): Promise<User | null> {
    const current = await this.#deps.store.lock(checked.user.id);
    const unchanged = current?.password?.changedAt.getTime() === checked.password?.changedAt.getTime();
    return unchanged ? (current?.user ?? null) : null;
  }

  /** Updates a hash of an old pepper or lower cost, which only a sign-in can. Its failure must not fail the sign-in. */
  async #rehash(
    { user, password: stored }: UserWithPassword,
    password: string,
    turn: HashingTurn,
  ): Promise<void> {
    if (stored === null) return;
    try {
      await this.#deps.store.replaceHash(user.id, stored.hash, await this.#deps.hasher.hash(password, turn));
    } catch (error) {
      this.#deps.logger[severityOf(error)]({ err: error, userId: user.id }, 'Cannot rehash a password');
    }
  }
}

/** The attempt of a signed-in user. */
export function attemptBy(caller: Caller, userId: UserId) {
  const subject = subjectOfUser(userId);
  const turn = turnOf(caller.origin, subject);
  return { failure: 'user.password_check_failed', actor: actorOf(caller), subject, turn } as const;
}

export const accountLocked = ({ until }: LockedUntil): AccountLocked => ({
  kind: 'account_locked',
  lockedUntil: until,
});
