/** Types whose parent value is not shaped as the type itself: where it comes from, relative to the generated file. */
export const mappers = {
  User: './users/user.view.ts#UserView',
  UserConnection: './users/user.view.ts#UserConnectionView',
  Session: './sessions/session.view.ts#SessionView',
  SessionChange: './sessions/session-change.ts#SessionChange as SessionChangeEvent',
  Authentication: './sessions/authentication.view.ts#AuthenticationView',
  PersonalAccessToken: './personal-access-tokens/personal-access-token.view.ts#PersonalAccessTokenView',
  PersonalAccessTokenConnection:
    './personal-access-tokens/personal-access-token.view.ts#PersonalAccessTokenConnectionView',
  AuthEvent: './audit/audit-event.ts#AuditEvent',
  AuthEventConnection: './audit/audit-event.view.ts#AuthEventConnectionView',
  TokenIntrospection: './introspection/introspection.view.ts#TokenIntrospectionView',
  SessionConnection: './sessions/session.view.ts#SessionConnectionView',
} as const;
