import { type Actor, actorOf, system } from '../../core/actor.ts';
import { forbidden } from '../../core/errors.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import type { NotFound, UserId } from '../../core/ids.ts';
import type { InvalidInput } from '../../core/invalid-field.ts';
import type { CredentialCheck, UnitOfWork } from '../../core/ports.ts';
import { type Caller, requireScope, requireSession, type UserPrincipal } from '../../core/principal.ts';
import type { RoleCatalogue, UnknownRole } from '../../core/role-catalogue.ts';
import type { SessionService } from '../sessions/index.ts';
import { EmailTaken, findByText, type User, type UserDirectory, UsernameTaken } from '../users/index.ts';
import type { AccountRemoval } from './account-removal.ts';
import type { LastAdministrator } from './administrators.ts';
import type { Authority } from './authority.ts';
import type { UserChanges } from './user-changes.ts';
import { parseUserUpdate, type UserUpdate, type UserUpdateInput } from './user-input.ts';

interface Updated {
  readonly kind: 'updated';
  readonly user: User;
}

type UpdateOutcome =
  | Updated
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' }
  | InvalidInput
  | NotFound
  | LastAdministrator;

type DeleteOutcome = { readonly kind: 'deleted' } | NotFound | LastAdministrator;

type RoleChangeOutcome = Updated | UnknownRole | NotFound | LastAdministrator;

interface SessionsTerminated {
  readonly kind: 'terminated';
  readonly user: User;
  readonly count: number;
}

interface Dependencies {
  readonly users: Pick<UserDirectory, 'findByIdentifier' | 'findMany' | 'lock'>;
  readonly sessions: Pick<SessionService, 'endAllOf'>;
  readonly changes: UserChanges;
  readonly removal: AccountRemoval;
  readonly authority: Authority;
  readonly roleCatalogue: RoleCatalogue;
  readonly credentials: CredentialCheck;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
}

/**
 * Changes and deletes users: for administrators, and for the operator, who needs no authorisation, since whoever runs the CLI has the
 * configuration and the database.
 */
export class UserAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * @throws {PublicError} FORBIDDEN without `users:write`; without the scopes of administrators that the user has; without all scopes of
   * roles that are given or taken; and, for an e-mail address, without a session and all scopes of the user, or if it is one's own.
   */
  async update(caller: Caller, userId: UserId, input: UserUpdateInput): Promise<UpdateOutcome> {
    const { roleCatalogue, changes, outcomes } = this.#deps;
    requireScope(caller.principal, 'users:write');
    const parsing = parseUserUpdate(input, roleCatalogue);
    if (parsing.kind === 'invalid_input') return parsing;
    const { update } = parsing;
    try {
      return await this.#forCaller<Updated | LastAdministrator>(
        caller,
        userId,
        update,
        async (actor, user) => {
          const outcome = await changes.apply(actor, user, update);
          return outcome.kind === 'updated' ? outcomes.keep(outcome) : outcome;
        },
      );
    } catch (error) {
      if (error instanceof EmailTaken) return { kind: 'email_taken' };
      if (error instanceof UsernameTaken) return { kind: 'username_taken' };
      throw error;
    }
  }

  /** @throws {PublicError} FORBIDDEN without `users:write`, and without the scopes of administrators that the user has. */
  async delete(caller: Caller, userId: UserId): Promise<DeleteOutcome> {
    requireScope(caller.principal, 'users:write');
    return this.#forCaller<Exclude<DeleteOutcome, NotFound>>(caller, userId, {}, async (actor, user) => {
      const outcome = await this.#deps.removal.remove(actor, user);
      return outcome.kind === 'deleted' ? this.#deps.outcomes.keep(outcome) : outcome;
    });
  }

  /** Replaces a user's roles, by the operator. */
  async changeRoles(identifier: string, roles: readonly string[]): Promise<RoleChangeOutcome> {
    const unknown = this.#deps.roleCatalogue.findUnknown(roles);
    if (unknown !== null) return unknown;
    return this.#byOperator(identifier, { roles: [...new Set(roles)] });
  }

  /** Disables or enables an account, by the operator. */
  changeStatus(identifier: string, accountStatus: User['accountStatus']) {
    return this.#byOperator(identifier, { accountStatus });
  }

  /** Ends a user's sessions, by the operator. */
  async terminateSessions(identifier: string): Promise<SessionsTerminated | NotFound> {
    const { users, sessions } = this.#deps;
    const user = await findByText(users, identifier);
    if (user === null) return { kind: 'not_found' };
    const ended = await sessions.endAllOf(system, user.id, 'TERMINATED_BY_ADMIN', null);
    return { kind: 'terminated', user, count: ended.length };
  }

  async #byOperator(identifier: string, update: UserUpdate): Promise<Updated | NotFound | LastAdministrator> {
    const { users, unitOfWork, changes } = this.#deps;
    const found = await findByText(users, identifier);
    if (found === null) return { kind: 'not_found' };
    return unitOfWork.run<Updated | NotFound | LastAdministrator>(async () => {
      const user = await users.lock(found.id);
      return user === null ? { kind: 'not_found' } : changes.apply(system, user, update);
    });
  }

  #forCaller<T>(
    caller: Caller,
    userId: UserId,
    { email, roles }: UserUpdate,
    work: (actor: Actor, user: User) => Promise<T>,
  ): Promise<T | NotFound> {
    const { users, authority, credentials, unitOfWork } = this.#deps;
    return unitOfWork.run<T | NotFound>(async () => {
      await credentials.requireLive(caller, userId);
      const principal = await authority.requireNow(caller);
      const user = await users.lock(userId);
      if (user === null) return { kind: 'not_found' };
      if (userId !== principal.userId) authority.requireAdminScopesOf(principal, user.roles);
      if (roles !== undefined) authority.requireAllScopesOf(principal, difference(roles, user.roles));
      if (email !== undefined && email.text !== user.email)
        this.#requireMayReaddress(caller, principal, user);
      return work(actorOf(caller), user);
    });
  }

  /** Whoever sets an address can reset the password by it, and so sign in as the user. */
  #requireMayReaddress(caller: Caller, principal: UserPrincipal, user: User): void {
    requireSession(caller);
    if (user.id === principal.userId)
      throw forbidden('Change your own e-mail address by requestEmailChange.');
    this.#deps.authority.requireAllScopesOf(principal, user.roles);
  }
}

/** Roles that are given or taken. */
const difference = (a: readonly string[], b: readonly string[]) => [
  ...a.filter((role) => !b.includes(role)),
  ...b.filter((role) => !a.includes(role)),
];
