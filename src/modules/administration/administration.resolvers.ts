import { requireId } from '../../core/require-id.ts';
import { emailTaken, invalidInput, notFound, usernameTaken } from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import { refuseLastAdministrator } from './administrators.ts';
import type { UserAdministration } from './user-administration.ts';

export function administrationResolvers(administration: UserAdministration): Resolvers {
  return {
    Mutation: {
      updateUser: async (_root, { id, input }, context, info) => {
        const userId = requireId('User', id);
        const update = () => administration.update(context.caller, userId, input);
        return present(await context.once(info, update), {
          updated: ({ user }) => ({ __typename: 'UserUpdated' as const, user: { user } }),
          email_taken: emailTaken,
          username_taken: usernameTaken,
          invalid_input: ({ fields }) => invalidInput(fields),
          not_found: notFound,
          last_administrator: refuseLastAdministrator,
        });
      },
      deleteUser: async (_root, { id }, context, info) => {
        const userId = requireId('User', id);
        const outcome = await context.once(info, () => administration.delete(context.caller, userId));
        return present(outcome, {
          deleted: () => ({ __typename: 'UserDeleted' as const, id: userId }),
          not_found: notFound,
          last_administrator: refuseLastAdministrator,
        });
      },
    },
  };
}

export const administrationFieldScopes: FieldScopes = {
  'Mutation.updateUser': [['users:write']],
  'Mutation.deleteUser': [['users:write']],
};
