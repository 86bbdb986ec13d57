import {
  accountDisabled,
  emailTaken,
  invalidCredentials,
  invalidInput,
  rateLimited,
  usernameTaken,
} from '../../graphql/results/auth-errors.ts';
import type { Resolvers } from '../generated.ts';
import { authentication } from '../sessions/authentication.view.ts';
import type { SignInService } from './sign-in.service.ts';

export function signInResolvers(signIn: SignInService): Resolvers {
  return {
    Mutation: {
      signup: async (_root, { input }, context) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await signIn.signup(context.anyone, input, transport);
        switch (outcome.kind) {
          case 'signed_in':
            return authentication(context, outcome, transport);
          case 'email_taken':
            return emailTaken();
          case 'username_taken':
            return usernameTaken();
          case 'invalid_input':
            return invalidInput(outcome.fields);
          case 'rate_limited':
            return rateLimited(outcome.retryAfterSeconds);
          default:
            return outcome satisfies never;
        }
      },
      login: async (_root, { input }, context) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await signIn.login(context.anyone, input, transport);
        switch (outcome.kind) {
          case 'signed_in':
            return authentication(context, outcome, transport);
          case 'invalid_credentials':
            return invalidCredentials();
          case 'account_disabled':
            return accountDisabled();
          case 'invalid_input':
            return invalidInput(outcome.fields);
          case 'rate_limited':
            return rateLimited(outcome.retryAfterSeconds);
          default:
            return outcome satisfies never;
        }
      },
      reauthenticate: async (_root, { input }, context) => {
        const outcome = await signIn.reauthenticate(context.caller, input.password);
        switch (outcome.kind) {
          case 'signed_in':
            return authentication(context, outcome, outcome.session.refreshTokenTransport);
          case 'invalid_credentials':
            return invalidCredentials();
          case 'rate_limited':
            return rateLimited(outcome.retryAfterSeconds);
          default:
            return outcome satisfies never;
        }
      },
      changePassword: async (_root, { input }, context) => {
        const outcome = await signIn.changePassword(context.caller, {
          ...input,
          revokePersonalAccessTokens: input.revokePersonalAccessTokens ?? false,
        });
        switch (outcome.kind) {
          case 'changed':
            return {
              __typename: 'PasswordChanged',
              user: { user: outcome.user },
              terminatedSessionCount: outcome.terminatedSessionCount,
            };
          case 'invalid_credentials':
            return invalidCredentials();
          case 'invalid_input':
            return invalidInput(outcome.fields);
          case 'rate_limited':
            return rateLimited(outcome.retryAfterSeconds);
          default:
            return outcome satisfies never;
        }
      },
    },
  };
}
