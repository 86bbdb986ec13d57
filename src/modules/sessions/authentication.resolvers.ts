import type { Resolvers } from '../generated.ts';
import { ownerOf, type UserLoaders } from '../users/user.view.ts';

export function authenticationResolvers(userLoaders: UserLoaders): Resolvers {
  return {
    Authentication: {
      user: ({ session: { session, user, readAs } }, _args, context) =>
        ownerOf(context, userLoaders, { userId: session.userId, user, readAs }),
    },
  };
}
