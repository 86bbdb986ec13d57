import { forbidden } from '../../core/errors.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import type { User } from '../users/index.ts';
import type { AdministratorStore } from './administrator.store.ts';

/** A change after which nobody could administer users any more. */
export interface LastAdministrator {
  readonly kind: 'last_administrator';
}

export const LAST_ADMINISTRATOR: LastAdministrator = { kind: 'last_administrator' };

/** Presents the outcome. @throws {PublicError} FORBIDDEN */
export function refuseLastAdministrator(): never {
  throw forbidden('This is the last active administrator. Give another user the role first.');
}

interface Dependencies {
  readonly store: AdministratorStore;
  readonly roleCatalogue: RoleCatalogue;
}

/** The users who can administer users: they are active, and a role of theirs grants `users:write`. */
export class Administrators {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Whether a change of this user would leave no administrator. `after`: null if the user is deleted. Ask before every such change,
   * in a transaction that holds the user's lock, and before it ends sessions.
   */
  async wouldBeNone(before: User, after: Pick<User, 'roles' | 'accountStatus'> | null): Promise<boolean> {
    const roles = this.#deps.roleCatalogue.rolesGranting('users:write');
    const isOne = ({ roles: held, accountStatus }: Pick<User, 'roles' | 'accountStatus'>) =>
      accountStatus === 'ACTIVE' && held.some((role) => roles.includes(role));
    if (!isOne(before) || (after !== null && isOne(after))) return false;
    return !(await this.#deps.store.hasOtherActive(before.id, roles));
  }
}
