/** What a scope lets its holder do. One catalogue: the schema's descriptions, roles and tokens all refer to it. */
export const ownScopes = {
  'profile:read': 'Read your own profile, private fields included.',
  'profile:write': 'Change your own profile.',
  'sessions:read': 'See your own sessions and watch them change.',
  'sessions:write': 'End your own sessions.',
  'tokens:read': 'See your own personal access tokens, never the tokens themselves.',
} as const;

export const adminScopes = {
  'users:read': "Read every user's private fields.",
  'users:write': 'Create, change and delete users.',
  'sessions:read:any': "See everyone's sessions and watch them change.",
  'sessions:write:any': "End anyone's sessions.",
  'tokens:write:any': "Revoke anyone's personal access tokens.",
  'audit:read': 'Read the audit log.',
} as const;

/** A scope that Latchkey checks. */
export type Scope = keyof typeof ownScopes | keyof typeof adminScopes;

/** Any scope's name. Roles may grant scopes of other subgraphs, which we do not know. */
export type ScopeName = string;

/** The scopes that every user holds over what is theirs. */
export const everyUsersScopes: readonly ScopeName[] = Object.keys(ownScopes);

/** Role name -> scopes that the role adds (setting `ROLES`). */
export type Roles = Readonly<Record<string, readonly ScopeName[]>>;

export const defaultRoles: Roles = { user: [], admin: Object.keys(adminScopes) };

/** What a scope lets its holder do, in words; null for a scope that no role and nothing of ours knows. */
export function describeScope(scope: ScopeName, roles: Roles): string | null {
  const ours: Readonly<Record<string, string>> = { ...ownScopes, ...adminScopes };
  if (Object.hasOwn(ours, scope)) return ours[scope] ?? null;
  const isGiven = Object.values(roles).some((scopes) => scopes.includes(scope));
  return isGiven ? 'A scope of another part of the graph.' : null;
}

/** All scopes of a user with these roles: their own, and what each role adds. Unknown roles add nothing. */
export function scopesOf(roleNames: readonly string[], roles: Roles): ReadonlySet<ScopeName> {
  const granted = new Set<ScopeName>(everyUsersScopes);
  for (const name of roleNames) {
    if (Object.hasOwn(roles, name)) for (const scope of roles[name] ?? []) granted.add(scope);
  }
  return granted;
}
