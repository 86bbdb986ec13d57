import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import { parseIdentifier } from './account-names.ts';
import type { UserStore } from './user.store.ts';
import type { User } from './user.ts';

type RoleChangeOutcome =
  | { readonly kind: 'changed'; readonly user: User }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unknown_role'; readonly role: string };

interface Dependencies {
  readonly store: UserStore;
  readonly roleCatalogue: RoleCatalogue;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** The operator's reads and changes of users. No authorisation: whoever runs the CLI has the configuration and the database. */
export class UserAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** The user of an e-mail address or a username; null if there is none. */
  async find(identifier: string): Promise<User | null> {
    const parsed = parseIdentifier(identifier);
    return parsed && this.#deps.store.findByIdentifier(parsed);
  }

  /** Replaces a user's roles, and revokes the access tokens issued before. */
  async changeRoles(identifier: string, roles: readonly string[]): Promise<RoleChangeOutcome> {
    const { store, roleCatalogue, unitOfWork, events } = this.#deps;
    const unknown = roles.find((role) => !roleCatalogue.has(role));
    if (unknown !== undefined) return { kind: 'unknown_role', role: unknown };
    const found = await this.find(identifier);
    if (found === null) return { kind: 'not_found' };
    return unitOfWork.run(async () => {
      await store.lockAll([found.id]);
      const user = await store.setRoles(found.id, roles);
      if (user === null) return { kind: 'not_found' };
      const { id: userId, tokensNotBefore } = user;
      if (tokensNotBefore === null) throw new Error('setRoles did not set tokensNotBefore');
      const facts = { userId, roles, notBefore: tokensNotBefore.toISOString() };
      await events.record(eventBy(system, 'user.roles_changed', facts));
      return { kind: 'changed', user };
    });
  }
}
