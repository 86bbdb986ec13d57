import {
  adminScopes,
  everyUsersScopes,
  ownScopes,
  type Roles,
  type Scope,
  type ScopeName,
} from './scopes.ts';

/** The outcome of a use case to which a role was named that is not defined. */
export interface UnknownRole {
  readonly kind: 'unknown_role';
  readonly role: string;
}

/** The roles of the installation (setting `ROLES`), and the scopes that they grant. */
export class RoleCatalogue {
  readonly #roles: Roles;

  constructor(roles: Roles) {
    this.#roles = roles;
  }

  has(role: string): boolean {
    return Object.hasOwn(this.#roles, role);
  }

  /** The first of these roles that is not defined; null if all are. */
  findUnknown(roles: readonly string[]): UnknownRole | null {
    const role = roles.find((each) => !this.has(each));
    return role === undefined ? null : { kind: 'unknown_role', role };
  }

  /** The scopes of a user with these roles: every user's, and those that each role adds. An unknown role adds none. */
  scopesOf(roleNames: readonly string[]): ReadonlySet<ScopeName> {
    const granted = new Set<ScopeName>(everyUsersScopes);
    for (const name of roleNames) for (const scope of this.grantsOf(name)) granted.add(scope);
    return granted;
  }

  /** The scopes that a role adds. */
  grantsOf(role: string): readonly ScopeName[] {
    return Object.hasOwn(this.#roles, role) ? (this.#roles[role] ?? []) : [];
  }

  /** The roles that add a scope. */
  rolesGranting(scope: Scope): string[] {
    return Object.keys(this.#roles).filter((role) => this.grantsOf(role).includes(scope));
  }

  /** What a scope allows, in words; null for one that Latchkey does not check and no role grants. */
  describe(scope: ScopeName): string | null {
    const description = descriptions.get(scope);
    if (description !== undefined) return description;
    const isGranted = Object.values(this.#roles).some((scopes) => scopes.includes(scope));
    return isGranted ? 'A scope of another subgraph.' : null;
  }
}

const descriptions: ReadonlyMap<ScopeName, string> = new Map(
  Object.entries({ ...ownScopes, ...adminScopes }),
);
