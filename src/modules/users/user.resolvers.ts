import { badUserInput, forbidden } from '../../core/errors.ts';
import { parseId, type UserId } from '../../core/ids.ts';
import { invalidInput, usernameTaken } from '../../graphql/auth-errors.ts';
import type { GraphQLContext } from '../../graphql/context.ts';
import type { Resolvers } from '../../graphql/generated.ts';
import { type UserView, viewerOf } from '../../graphql/views.ts';
import type { UserService } from './user.service.ts';
import { mayReadPrivate, type User } from './user.ts';

export function userResolvers(users: UserService): Resolvers {
  /** A field that is shown to those who may see it; for others it is null, with an error. */
  const privately =
    <Value>(read: (user: User, context: GraphQLContext) => Value) =>
    (view: UserView, _args: unknown, context: GraphQLContext): Value => {
      if (!mayReadPrivate(viewerOf(view, context), view.user.id)) throw forbidden('This is private.');
      return read(view.user, context);
    };

  return {
    Query: {
      me: async (_root, _args, context) => {
        const { principal } = context.caller;
        return principal.kind === 'session' ? load(context, principal.userId) : null;
      },
      user: async (_root, { id }, context) => {
        const userId = parseId<UserId>(id);
        if (userId === null) throw badUserInput('This is not the id of a user.');
        return load(context, userId);
      },
    },
    Mutation: {
      updateProfile: async (_root, { input }, context) => {
        const outcome = await users.updateProfile(context.caller, input);
        switch (outcome.kind) {
          case 'updated':
            return { __typename: 'UserUpdated', user: { user: outcome.user } };
          case 'username_taken':
            return usernameTaken();
          case 'invalid_input':
            return invalidInput(outcome.fields);
          default:
            return outcome satisfies never;
        }
      },
    },
    User: {
      // Representations are data from strangers: only the key is read, and what cannot be one names nobody.
      __resolveReference: async ({ id }, context) => {
        const userId = parseId<UserId>(id);
        return userId && load(context, userId);
      },
      id: ({ user }) => user.id,
      username: ({ user }) => user.username,
      name: ({ user }) => user.name,
      createdAt: ({ user }) => user.createdAt,
      email: privately(({ email }) => email),
      emailVerified: privately(({ emailVerified }) => emailVerified),
      roles: privately(({ roles }) => roles),
      accountStatus: privately(({ accountStatus }) => accountStatus),
      updatedAt: privately(({ updatedAt }) => updatedAt),
      lastActiveAt: privately(({ id }, { loaders }) => loaders.lastActivity.load(id)),
    },
  };
}

async function load({ loaders }: GraphQLContext, id: UserId): Promise<UserView | null> {
  const user = await loaders.users.load(id);
  return user && { user };
}
