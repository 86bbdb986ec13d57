import {
  accountDisabled,
  emailTaken,
  invalidCredentials,
  invalidInput,
  rateLimited,
  usernameTaken,
} from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import { authentication } from '../sessions/authentication.view.ts';
import type { SignInService } from './password-sign-in.service.ts';

export function signInResolvers(signIn: SignInService): Resolvers {
  return {
    Mutation: {
      signup: async (_root, { input }, context) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await signIn.signup(context.anyone, input, transport);
        return present(outcome, {
          signed_in: (signedIn) => authentication(context, signedIn, transport),
          email_taken: emailTaken,
          username_taken: usernameTaken,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(retryAfterSeconds),
        });
      },
      login: async (_root, { input }, context) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await signIn.login(context.anyone, input, transport);
        return present(outcome, {
          signed_in: (signedIn) => authentication(context, signedIn, transport),
          invalid_credentials: invalidCredentials,
          account_disabled: accountDisabled,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(retryAfterSeconds),
        });
      },
      reauthenticate: async (_root, { input }, context) => {
        const outcome = await signIn.reauthenticate(context.caller, input.password);
        return present(outcome, {
          signed_in: (signedIn) => authentication(context, signedIn, signedIn.session.refreshTokenTransport),
          invalid_credentials: invalidCredentials,
          rate_limited: ({ retryAfterSeconds }) => rateLimited(retryAfterSeconds),
        });
      },
      changePassword: async (_root, { input }, context) => {
        const outcome = await signIn.changePassword(context.caller, {
          ...input,
          revokePersonalAccessTokens: input.revokePersonalAccessTokens ?? false,
        });
        return present(outcome, {
          changed: ({ user, terminatedSessionCount }) => ({
            __typename: 'PasswordChanged' as const,
            user: { user },
            terminatedSessionCount,
          }),
          invalid_credentials: invalidCredentials,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(retryAfterSeconds),
        });
      },
    },
  };
}

export const signInFieldScopes: FieldScopes = {
  'Mutation.reauthenticate': 'authenticated',
  'Mutation.changePassword': 'authenticated',
};
