import DataLoader from 'dataloader';
import { forbidden } from '../../core/errors.ts';
import type { UserId } from '../../core/ids.ts';
import { holds } from '../../core/principal.ts';
import { requireId } from '../../core/require-id.ts';
import type { LoaderDefinition } from '../../graphql/request/loaders.ts';
import { viewerOf } from '../../graphql/request/viewer.ts';
import { notFound } from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { User } from '../users/index.ts';
import { accountOf } from '../users/user.view.ts';
import type { AccountLocks } from './account-locks.ts';

export function accountLockResolvers(locks: AccountLocks): Resolvers {
  const lockedUntil: LoaderDefinition<DataLoader<User, Date | null, UserId>> = (principal) =>
    new DataLoader((users) => locks.lockedUntil(principal, users), { cacheKeyFn: ({ id }) => id });

  return {
    Mutation: {
      unlockUser: async (_root, { id }, context) =>
        present(await locks.unlock(context.caller, requireId('User', id)), {
          unlocked: ({ user }) => ({ __typename: 'UserUpdated' as const, user: { user } }),
          not_found: notFound,
        }),
    },
    User: {
      lockedUntil: (view, _args, context) => {
        if (!holds(viewerOf(view, context), 'users:read'))
          throw forbidden('You may not see the locks of this account.');
        const account = accountOf(view);
        return account && context.loaders.get(lockedUntil).load(account);
      },
    },
  };
}

export const accountLockFieldScopes: FieldScopes = {
  'Mutation.unlockUser': [['users:write']],
  'User.lockedUntil': [['users:read']],
};
