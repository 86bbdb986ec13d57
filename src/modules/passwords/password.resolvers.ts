import DataLoader from 'dataloader';
import { badUserInput, forbidden } from '../../core/errors.ts';
import { parseId, type UserId } from '../../core/ids.ts';
import { holds } from '../../core/principal.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import type { LoaderDefinition } from '../../graphql/request/loaders.ts';
import { viewerOf } from '../../graphql/request/viewer.ts';
import {
  accountDisabled,
  accountLocked,
  emailTaken,
  invalidCredentials,
  invalidInput,
  notFound,
  rateLimited,
  usernameTaken,
} from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { KnownDevices } from '../known-devices/index.ts';
import { authentication } from '../sessions/authentication.view.ts';
import type { RefreshTokenTransport } from '../sessions/index.ts';
import type { SignedIn } from '../sign-in/index.ts';
import type { User } from '../users/index.ts';
import { accountOf } from '../users/user.view.ts';
import type { AccountLocks } from './account-locks.ts';
import type { PasswordService } from './password.service.ts';
import type { SignupService } from './signup.service.ts';

interface Services {
  readonly signups: SignupService;
  readonly passwords: PasswordService;
  readonly locks: AccountLocks;
  readonly devices: KnownDevices;
}

export function passwordResolvers({ signups, passwords, locks, devices }: Services): Resolvers {
  /** A browser that keeps its refresh token in a cookie becomes known to the account by another. */
  function signIn(context: GraphQLContext, signedIn: SignedIn, transport: RefreshTokenTransport) {
    const view = authentication(context, signedIn, transport);
    if (transport === 'COOKIE') {
      const { token, expiresAt } = devices.tokenFor(signedIn.user.id);
      context.deviceCookie.write(token, expiresAt);
    }
    return view;
  }

  const lockLoader: LoaderDefinition<DataLoader<User, Date | null, UserId>> = (principal) =>
    new DataLoader((users) => locks.lockedUntil(principal, users), { cacheKeyFn: ({ id }) => id });

  return {
    Mutation: {
      signup: async (_root, { input }, context) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await signups.signup(context.anyone, input, transport);
        return present(outcome, {
          signed_in: (signedIn) => signIn(context, signedIn, transport),
          email_taken: emailTaken,
          username_taken: usernameTaken,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      login: async (_root, { input }, context) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await passwords.login(context.anyone, input, transport, context.deviceCookie.read());
        return present(outcome, {
          signed_in: (signedIn) => signIn(context, signedIn, transport),
          invalid_credentials: invalidCredentials,
          account_disabled: accountDisabled,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      reauthenticate: async (_root, { input }, context) => {
        const outcome = await passwords.reauthenticate(context.caller, input.password);
        return present(outcome, {
          signed_in: (signedIn) => authentication(context, signedIn, signedIn.session.refreshTokenTransport),
          invalid_credentials: invalidCredentials,
          account_locked: ({ lockedUntil }) => accountLocked(lockedUntil),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      changePassword: async (_root, { input }, context) => {
        const outcome = await passwords.change(context.caller, {
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
          account_locked: ({ lockedUntil }) => accountLocked(lockedUntil),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      unlockUser: async (_root, { id }, context) => {
        const userId = parseId<UserId>(id);
        if (userId === null) throw badUserInput('This is not the id of a user.');
        return present(await locks.unlock(context.caller, userId), {
          unlocked: ({ user }) => ({ __typename: 'UserUpdated' as const, user: { user } }),
          not_found: notFound,
        });
      },
    },
    User: {
      lockedUntil: (view, _args, context) => {
        const viewer = viewerOf(view, context);
        if (!holds(viewer, 'users:read')) throw forbidden('Only administrators see the locks of an account.');
        return context.loaders.get(lockLoader).load(accountOf(view));
      },
    },
  };
}

export const passwordFieldScopes: FieldScopes = {
  'Mutation.reauthenticate': 'authenticated',
  'Mutation.changePassword': 'authenticated',
  'Mutation.unlockUser': [['users:write']],
  'User.lockedUntil': [['users:read']],
};
