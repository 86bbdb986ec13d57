import type { adminScopes, ownScopes } from '../../core/scopes.ts';

type OurScope = keyof typeof ownScopes | keyof typeof adminScopes;

/** What a field takes: a caller who is signed in, or one who holds all the scopes of one of these lists. */
export type FieldRequirement = 'authenticated' | readonly (readonly OurScope[])[];

const privateToUser: FieldRequirement = [['profile:read'], ['users:read']];

/**
 * The fields that not everyone may have, and what each takes. It guards nothing: services do. It tells routers, which can
 * refuse a little earlier, and tests, which hold it against the descriptions and against what is truly refused.
 *
 * No type is here as a whole: a sign-in answers with a `User` and a `Session` to a caller without a credential, and
 * `_entities` has null for what is foreign.
 */
export const fieldScopes = {
  'User.email': privateToUser,
  'User.emailVerified': privateToUser,
  'User.roles': privateToUser,
  'User.accountStatus': privateToUser,
  'User.updatedAt': privateToUser,
  'User.lastActiveAt': privateToUser,
  'User.grantableScopes': privateToUser,
  'User.sessions': [['sessions:read'], ['sessions:read:any']],
  'User.personalAccessTokens': [['tokens:read'], ['tokens:write:any']],

  'Query.sessions': [['sessions:read:any']],

  'Mutation.updateProfile': [['profile:write']],
  'Mutation.reauthenticate': 'authenticated',
  'Mutation.changePassword': 'authenticated',
  'Mutation.recordActivity': 'authenticated',
  'Mutation.terminateSession': [['sessions:write'], ['sessions:write:any']],
  'Mutation.terminateOtherSessions': [['sessions:write']],
  'Mutation.terminateUserSessions': [['sessions:write:any']],
  'Mutation.createPersonalAccessToken': 'authenticated',
  'Mutation.rotatePersonalAccessToken': 'authenticated',
  // One's own by a session, whatever its scopes, or anyone's by a scope: no list of scopes says that.
  'Mutation.revokePersonalAccessToken': 'authenticated',

  'Subscription.mySessionChanged': [['sessions:read']],
  'Subscription.sessionChanged': [['sessions:read:any']],
} as const satisfies Readonly<Record<string, FieldRequirement>>;
