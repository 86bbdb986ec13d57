import type { SessionPrincipal } from '../core/principal.ts';
import { everyUsersScopes } from '../core/scopes.ts';
import type { IssuedTokens, RefreshTokenTransport, Session } from '../modules/sessions/index.ts';
import type { User } from '../modules/users/index.ts';
import type { GraphQLContext } from './context.ts';

interface SignedIn {
  readonly user: User;
  readonly session: Session;
  readonly tokens: IssuedTokens;
}

/** The answer to a sign-in, its refresh token put where it is to travel. */
export function authentication(
  context: GraphQLContext,
  { user, session, tokens }: SignedIn,
  transport: RefreshTokenTransport,
) {
  const { accessToken, accessTokenExpiresAt, refreshToken } = tokens;
  if (transport === 'COOKIE') context.refreshCookie.write(refreshToken, session.expiresAt);
  const readAs = asOwner(session);
  return {
    __typename: 'Authentication' as const,
    user: { user, readAs },
    session: { session, user, readAs },
    accessToken,
    accessTokenExpiresAt,
    refreshToken: transport === 'COOKIE' ? null : refreshToken,
  };
}

/** Whoever signs in reads the answer as themselves: the request that asked for it had no credential yet, or an old one. */
function asOwner({ id: sessionId, userId, expiresAt }: Session): SessionPrincipal {
  return { kind: 'session', userId, sessionId, expiresAt, scopes: new Set(everyUsersScopes) };
}
