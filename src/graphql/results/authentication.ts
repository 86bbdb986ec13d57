import type { SessionPrincipal } from '../../core/principal.ts';
import { everyUsersScopes } from '../../core/scopes.ts';
import type { IssuedTokens, RefreshTokenTransport, Session } from '../../modules/sessions/index.ts';
import type { User } from '../../modules/users/index.ts';
import type { Resolvers } from '../generated.ts';
import type { GraphQLContext } from '../request/context.ts';
import type { AuthenticationView } from './views.ts';

interface SignedIn {
  /** Where it is at hand already: a refresh reads it only for those who ask. */
  readonly user?: User;
  readonly session: Session;
  readonly tokens: IssuedTokens;
}

/** The answer to a sign-in, its refresh token put where it is to travel. */
export function authentication(
  context: GraphQLContext,
  { user, session, tokens }: SignedIn,
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

export const authenticationResolvers: Resolvers = {
  Authentication: {
    user: async ({ session: { session, user, readAs } }, _args, { loaders }) => ({
      user: user ?? (await loaders.owner(session.userId)),
      readAs,
    }),
  },
};

/** Whoever signs in reads the answer as themselves: the request that asked for it had no credential yet, or an old one. */
function asOwner({ id: sessionId, userId, expiresAt }: Session): SessionPrincipal {
  return { kind: 'session', userId, sessionId, expiresAt, scopes: new Set(everyUsersScopes) };
}
