import { forbidden } from '../../core/errors.ts';
import { type Caller, requireScope, requireUser, type UserPrincipal } from '../../core/principal.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import { adminScopes, type ScopeName } from '../../core/scopes.ts';
import type { UserDirectory } from '../users/index.ts';

interface Dependencies {
  readonly users: Pick<UserDirectory, 'findMany'>;
  readonly roleCatalogue: RoleCatalogue;
}

/** What an administrator may do to others. */
export class Authority {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * The caller with the scopes that they have now: roles may have been taken from them while the request waited for a hash or a
   * lock. Within a transaction that holds the caller's lock.
   *
   * @throws {PublicError} FORBIDDEN without `users:write`.
   */
  async requireNow(caller: Caller): Promise<UserPrincipal> {
    const principal = requireUser(caller);
    const [user] = await this.#deps.users.findMany([principal.userId]);
    const held = this.#deps.roleCatalogue.scopesOf(user?.roles ?? []);
    const scopes = new Set([...principal.scopes].filter((scope) => held.has(scope)));
    const now = { ...principal, scopes };
    requireScope(now, 'users:write');
    return now;
  }

  /**
   * Refuses to give or take power that exceeds one's own.
   *
   * @throws {PublicError} FORBIDDEN unless the principal holds every scope that these roles grant.
   */
  requireAllScopesOf(principal: UserPrincipal, roles: readonly string[]): void {
    this.#requireAll(principal, this.#grantsOf(roles));
  }

  /**
   * Refuses changes of those who may do more to users than oneself.
   *
   * @throws {PublicError} FORBIDDEN unless the principal holds every scope of administrators that these roles grant.
   */
  requireAdminScopesOf(principal: UserPrincipal, roles: readonly string[]): void {
    this.#requireAll(
      principal,
      this.#grantsOf(roles).filter((scope) => Object.hasOwn(adminScopes, scope)),
    );
  }

  #grantsOf(roles: readonly string[]): ScopeName[] {
    return roles.flatMap((role) => this.#deps.roleCatalogue.grantsOf(role));
  }

  #requireAll({ scopes }: UserPrincipal, needed: readonly ScopeName[]): void {
    if (needed.some((scope) => !scopes.has(scope)))
      throw forbidden('This takes all scopes that the roles grant, and you hold fewer.');
  }
}
