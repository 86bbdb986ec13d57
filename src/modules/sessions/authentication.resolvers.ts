import type { Resolvers } from '../generated.ts';
import { ownerOf, type UserLoaders } from '../users/user.view.ts';
import { idleExpiresAt, type SessionLimits } from './session.ts';

export function authenticationResolvers(userLoaders: UserLoaders, limits: SessionLimits): Resolvers {
  return {
    Authentication: {
      refreshTokenExpiresAt: ({ session: { session } }) => idleExpiresAt(session, limits),
      user: ({ session: { session, user, readAs } }, _args, context) =>
        ownerOf(context, userLoaders, { userId: session.userId, user, readAs }),
    },
  };
}
