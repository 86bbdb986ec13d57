import type { SessionPrincipal } from '../../core/principal.ts';
import { everyUsersScopes } from '../../core/scopes.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import type { User } from '../users/index.ts';
import type { RefreshTokenTransport, Session } from './session.ts';
import type { SessionView } from './session.view.ts';
import type { IssuedTokens } from './session-tokens.ts';

/** Parent value of `Authentication`. */
export interface AuthenticationView {
  readonly __typename: 'Authentication';
  readonly session: SessionView;
  readonly accessToken: string;
  readonly accessTokenExpiresAt: Date;
  readonly refreshToken: string | null;
}

interface OpenSession {
  /** Set if already loaded; a refresh does not load it. */
  readonly user?: User;
  readonly session: Session;
  readonly tokens: IssuedTokens;
}

/** The result of a sign-in or refresh. Writes the refresh token to the cookie or returns it in the body. */
export function authentication(
  context: GraphQLContext,
  { user, session, tokens }: OpenSession,
  transport: RefreshTokenTransport,
): AuthenticationView {
  const { accessToken, accessTokenExpiresAt, refreshToken } = tokens;
  if (transport === 'COOKIE') context.refreshCookie.write(refreshToken, session.expiresAt);
  return {
    __typename: 'Authentication',
    session: { session, user, readAs: asOwner(session) },
    accessToken,
    accessTokenExpiresAt,
    refreshToken: transport === 'COOKIE' ? null : refreshToken,
  };
}

/** The new session's principal, by which the result is read: the request had no credential, or an old one. */
function asOwner({ id: sessionId, userId, expiresAt }: Session): SessionPrincipal {
  return {
    kind: 'session',
    userId,
    sessionId,
    expiresAt,
    scopes: new Set(everyUsersScopes),
    notBefore: null,
  };
}
