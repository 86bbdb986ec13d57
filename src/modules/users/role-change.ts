import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { Roles } from '../../core/scopes.ts';
import { parseIdentifier } from './account-names.ts';
import type { UserStore } from './user.store.ts';
import type { User } from './user.ts';

export type RoleChangeOutcome =
  | { readonly kind: 'changed'; readonly user: User }
  | { readonly kind: 'not_found' }
  | { readonly kind: 'unknown_role'; readonly role: string };

interface Dependencies {
  readonly users: UserStore;
  readonly roles: Roles;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** Gives a user these roles and no others: for the operator. What was issued to them before is refused from then on. */
export type ChangeRoles = (identifier: string, roles: readonly string[]) => Promise<RoleChangeOutcome>;

export function createRoleChange({ users, roles, unitOfWork, events }: Dependencies): ChangeRoles {
  return async (identifier, names) => {
    const unknown = names.find((name) => !Object.hasOwn(roles, name));
    if (unknown !== undefined) return { kind: 'unknown_role', role: unknown };
    const parsed = parseIdentifier(identifier);
    const found = parsed && (await users.findByIdentifier(parsed));
    if (!found) return { kind: 'not_found' };
    return unitOfWork.run(async () => {
      await users.lockAll([found.id]);
      const user = await users.setRoles(found.id, names);
      if (user === null) return { kind: 'not_found' };
      const { id: userId, tokensNotBefore } = user;
      if (tokensNotBefore === null) throw new Error('roles were set, and no access tokens revoked');
      const facts = { userId, roles: names, notBefore: tokensNotBefore.toISOString() };
      await events.record(eventBy(system, 'user.roles_changed', facts));
      return { kind: 'changed', user };
    });
  };
}
