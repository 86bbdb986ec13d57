import type { UserId } from '../../core/ids.ts';
import { parsePageRequest } from '../../core/page.ts';
import { userIdOf } from '../../core/principal.ts';
import { requireId } from '../../core/require-id.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import { invalidInput, usernameTaken } from '../../graphql/results/auth-errors.ts';
import { connectionOf, connectionResolvers } from '../../graphql/results/connection.ts';
import { present } from '../../graphql/results/present.ts';
import type { EntityFinders } from '../../graphql/schema/entities.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import { selectedFields } from '../../graphql/schema/selected-fields.ts';
import type { Resolvers } from '../generated.ts';
import type { UserService } from './user.service.ts';
import { PROFILE } from './user.ts';
import { accountOf, privately, type UserLoaders, type UserView } from './user.view.ts';
import { parseUserFilter } from './user-filter.ts';
import type { UserList } from './user-list.ts';

interface Dependencies {
  readonly users: UserService;
  readonly userList: UserList;
  readonly userLoaders: UserLoaders;
}

export function userResolvers({ users, userList, userLoaders }: Dependencies): Resolvers {
  const load = async ({ loaders }: GraphQLContext, id: UserId): Promise<UserView | null> => {
    const user = await loaders.get(userLoaders.byId).load(id);
    return user && { user };
  };

  return {
    Query: {
      me: async (_root, _args, context) => {
        const userId = userIdOf(context.caller.principal);
        return userId && load(context, userId);
      },
      user: async (_root, { id }, context) => load(context, requireId('User', id)),
      users: async (_root, args, context) => {
        const { principal } = context.caller;
        const page = parsePageRequest(args);
        const filter = parseUserFilter(args.filter);
        return connectionOf({
          entries: await userList.list(principal, filter, page),
          page,
          positionOf: ({ createdAt: at, id }) => ({ at, id }),
          toNode: (user) => ({ user }),
          countAll: () => userList.count(principal, filter),
        });
      },
    },
    UserConnection: connectionResolvers,
    Mutation: {
      updateProfile: async (_root, { input }, context) => {
        const outcome = await users.updateProfile(context.caller, input);
        return present(outcome, {
          updated: ({ user }) => ({ __typename: 'UserUpdated' as const, user: { user } }),
          username_taken: usernameTaken,
          invalid_input: ({ fields }) => invalidInput(fields),
        });
      },
    },
    User: {
      id: ({ user }) => user.id,
      username: ({ user }) => user.username,
      name: ({ user }) => user.name,
      createdAt: (view) => accountOf(view)?.createdAt ?? null,
      email: privately((view) => accountOf(view)?.email ?? null),
      emailVerified: privately((view) => accountOf(view)?.emailVerified ?? null),
      roles: privately((view) => accountOf(view)?.roles ?? null),
      accountStatus: privately((view) => accountOf(view)?.accountStatus ?? null),
      updatedAt: privately((view) => accountOf(view)?.updatedAt ?? null),
      lastActiveAt: privately(({ user }, { loaders }) => loaders.get(userLoaders.lastActivity).load(user.id)),
    },
  };
}

export const userFinders = (users: UserService): EntityFinders => ({
  User: async (ids, _context, info) => {
    const userIds = ids as UserId[];
    const found = isOfProfile(selectedFields(info))
      ? await users.findProfiles(userIds)
      : await users.findMany(userIds);
    return found.map((user) => user && { user });
  },
});

const profileFields: ReadonlySet<string> = new Set(['__typename', ...PROFILE]);

const isOfProfile = (fields: ReadonlySet<string>) => [...fields].every((field) => profileFields.has(field));

const privateToUser = [['profile:read'], ['users:read']] as const;

export const userFieldScopes: FieldScopes = {
  'User.email': privateToUser,
  'User.emailVerified': privateToUser,
  'User.roles': privateToUser,
  'User.accountStatus': privateToUser,
  'User.updatedAt': privateToUser,
  'User.lastActiveAt': privateToUser,
  'Query.users': [['users:read']],
  'Mutation.updateProfile': [['profile:write']],
};
