/** Latchkey's scopes and their descriptions. Schema descriptions, roles and tokens refer to this catalogue. */
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
  'tokens:introspect': 'Ask whether a token is active, whose it is and what it permits.',
} as const;

/** What a service may do here by itself. It is no user: it has nothing of its own, and changes nothing. */
export const serviceScopes: readonly Scope[] = [
  'users:read',
  'sessions:read:any',
  'audit:read',
  'tokens:introspect',
];

/** A scope that Latchkey checks. */
export type Scope = keyof typeof ownScopes | keyof typeof adminScopes;

/** Any scope name. Roles may grant scopes of other subgraphs, which are not in our catalogue. */
export type ScopeName = string;

/** Scopes that every user has for their own data. */
export const everyUsersScopes: readonly ScopeName[] = Object.keys(ownScopes);

/** Scopes granted by each role, by role name (setting `ROLES`). */
export type Roles = Readonly<Record<string, readonly ScopeName[]>>;

export const defaultRoles: Roles = { user: [], admin: Object.keys(adminScopes) };
