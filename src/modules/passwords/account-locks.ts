import { type Actor, actorOf, system } from '../../core/actor.ts';
import type { EventType, NewEvent } from '../../core/events.ts';
import type { NotFound, UserId } from '../../core/ids.ts';
import type { CredentialCheck, UnitOfWork } from '../../core/ports.ts';
import { type Caller, type Principal, requireScope } from '../../core/principal.ts';
import type { Lockout } from '../lockout/index.ts';
import { findByText, parseIdentifier, type User, type UserDirectory } from '../users/index.ts';
import { knownSubject, nearSubject, subjectOf, subjectOfUser } from './subjects.ts';

interface Dependencies {
  readonly lockout: Lockout;
  readonly users: Pick<UserDirectory, 'findByIdentifier' | 'findMany'>;
  readonly credentials: CredentialCheck;
  readonly unitOfWork: UnitOfWork;
}

type LockSubject = Pick<User, 'id' | 'email' | 'username'>;

type UnlockOutcome = { readonly kind: 'unlocked'; readonly user: User } | NotFound;

/** Events after which a user may have another e-mail address or username, or none. */
const NAMING: ReadonlySet<EventType> = new Set<EventType>([
  'user.registered',
  'user.imported',
  'user.profile_updated',
  'user.email_verified',
  'user.email_changed',
  'user.deleted',
]);

/** The locks of accounts: of sign-in by e-mail address and by username, and of password checks of the signed-in user. */
export class AccountLocks {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * The latest end of each user's locks: `result[i]` belongs to `users[i]`; null if nothing is locked.
   *
   * @throws {PublicError} FORBIDDEN without `users:read`.
   */
  async lockedUntil(principal: Principal, users: readonly User[]): Promise<(Date | null)[]> {
    requireScope(principal, 'users:read');
    return this.lockEndsOf(users);
  }

  /** As `lockedUntil`. Authorise before. */
  async lockEndsOf(users: readonly User[]): Promise<(Date | null)[]> {
    const locks = await this.#deps.lockout.locksOf(users.flatMap(subjectsOf));
    return users.map((user) => {
      const ends = subjectsOf(user).flatMap((subject) => locks.get(subject)?.getTime() ?? []);
      return ends.length === 0 ? null : new Date(Math.max(...ends));
    });
  }

  /** @throws {PublicError} FORBIDDEN without `users:write`. */
  async unlock(caller: Caller, userId: UserId): Promise<UnlockOutcome> {
    const { credentials, unitOfWork, users } = this.#deps;
    requireScope(caller.principal, 'users:write');
    return unitOfWork.run(async () => {
      await credentials.requireLive(caller, userId);
      const [user] = await users.findMany([userId]);
      return user === undefined ? { kind: 'not_found' } : this.#unlock(actorOf(caller), user);
    });
  }

  /** As `unlock`, by the operator. */
  async unlockByOperator(identifier: string): Promise<UnlockOutcome> {
    const { users, unitOfWork } = this.#deps;
    const user = await findByText(users, identifier);
    if (user === null) return { kind: 'not_found' };
    return unitOfWork.run(() => this.#unlock(system, user));
  }

  /** Keeps `Lockout.lockedUserIds` right when users are created, renamed or deleted, within the transaction. */
  async noteRenames(events: readonly NewEvent[]): Promise<void> {
    const renamed = events.filter(({ type }) => NAMING.has(type)).flatMap(({ subjectId }) => subjectId ?? []);
    if (renamed.length === 0) return;
    const subjects = new Map<UserId, string[]>(renamed.map((id) => [id, []]));
    for (const user of await this.#deps.users.findMany([...subjects.keys()]))
      subjects.set(user.id, subjectsOf(user));
    await this.#deps.lockout.assign(subjects);
  }

  /** Ends all locks of a user whose password was replaced, within the transaction. */
  async endAllOf(actor: Actor, user: User): Promise<void> {
    await this.#deps.lockout.unlock(actor, user.id, subjectsOf(user));
  }

  /** The keys of the rows that count the attempts on a user's account. */
  rowKeysOf(user: LockSubject): string[] {
    return this.#deps.lockout.digestsOf(subjectsOf(user));
  }

  async #unlock(actor: Actor, user: User): Promise<UnlockOutcome> {
    await this.endAllOf(actor, user);
    return { kind: 'unlocked', user };
  }
}

/** All subjects whose attempts are counted for a user. */
function subjectsOf({ id, email, username }: LockSubject): string[] {
  const identifiers = [email, username].flatMap((text) =>
    text === null ? [] : [subjectOf(parseIdentifier(text), text)],
  );
  return [
    subjectOfUser(id),
    ...identifiers,
    ...identifiers.map(knownSubject),
    ...identifiers.map(nearSubject),
  ];
}
