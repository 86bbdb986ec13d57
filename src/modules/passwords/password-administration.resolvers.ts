import { emailTaken, invalidInput, usernameTaken } from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { PasswordAdministration } from './password-administration.ts';

export function passwordAdministrationResolvers(administration: PasswordAdministration): Resolvers {
  return {
    Mutation: {
      createUser: async (_root, { input }, context, info) => {
        const { password = null, roles, emailVerified, ...names } = input;
        const { caller } = context;
        const user = {
          ...names,
          password,
          roles: roles ?? ['user'],
          emailVerified: emailVerified ?? false,
        };
        const outcome = await context.once(info, () => administration.create(caller, user));
        return present(outcome, {
          registered: ({ user }) => ({ __typename: 'UserCreated' as const, user: { user } }),
          email_taken: emailTaken,
          username_taken: usernameTaken,
          invalid_input: ({ fields }) => invalidInput(fields),
        });
      },
    },
  };
}

export const passwordAdministrationFieldScopes: FieldScopes = {
  'Mutation.createUser': [['users:write']],
};
