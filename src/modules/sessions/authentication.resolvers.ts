import type { Resolvers } from '../generated.ts';
import { loadOwner, type UserLoaders } from '../users/user.view.ts';

export function authenticationResolvers(userLoaders: UserLoaders): Resolvers {
  return {
    Authentication: {
      user: async ({ session: { session, user, readAs } }, _args, context) => ({
        user: user ?? (await loadOwner(context, userLoaders, session.userId)),
        readAs,
      }),
    },
  };
}
