import { ownerPrincipal } from '../../core/principal.ts';
import type { GraphQLContext } from '../../graphql/request/context.ts';
import {
  accountDisabled,
  accountLocked,
  emailTaken,
  invalidCredentials,
  invalidInput,
  rateLimited,
  refusedToken,
  usernameTaken,
} from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import { refuseLastAdministrator } from '../administration/index.ts';
import { presentEmailRequest } from '../email-addresses/email-request.view.ts';
import type { Resolvers } from '../generated.ts';
import type { KnownDevices } from '../known-devices/index.ts';
import { authentication } from '../sessions/authentication.view.ts';
import type { RefreshTokenTransport } from '../sessions/index.ts';
import type { SignedIn, SignInService } from '../sign-in/index.ts';
import type { AccountDeletion } from './account-deletion.service.ts';
import type { LoginOutcome, ReauthenticateOutcome, SignupOutcome } from './outcomes.ts';
import type { PasswordService } from './password.service.ts';
import type { PasswordReset } from './password-reset.service.ts';
import type { SignupService } from './signup.service.ts';

interface Services {
  readonly signIns: SignInService;
  readonly signups: SignupService;
  readonly passwords: PasswordService;
  readonly resets: PasswordReset;
  readonly deletion: AccountDeletion;
  readonly devices: KnownDevices;
}

export function passwordResolvers({
  signIns,
  signups,
  passwords,
  resets,
  deletion,
  devices,
}: Services): Resolvers {
  /** A browser that keeps its refresh token in a cookie becomes known to the account by another. */
  function signIn(context: GraphQLContext, signedIn: SignedIn, transport: RefreshTokenTransport) {
    const view = authentication(context, signedIn, transport);
    if (transport === 'COOKIE') {
      const { token, expiresAt } = devices.tokenFor(signedIn.user.id);
      context.deviceCookie.write(token, expiresAt);
    }
    return view;
  }

  return {
    Mutation: {
      signup: async (_root, { input }, context, info) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await context.onceBy<SignupOutcome>(
          null,
          info,
          () => signups.signup(context.anyone, input, transport),
          (kept) => signIns.restore(kept),
        );
        return present(outcome, {
          signed_in: (signedIn) => signIn(context, signedIn, transport),
          email_verification_required: verificationRequired,
          email_taken: emailTaken,
          username_taken: usernameTaken,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      login: async (_root, { input }, context, info) => {
        const transport = input.refreshTokenTransport ?? 'BODY';
        const outcome = await context.onceBy<LoginOutcome>(
          null,
          info,
          () => passwords.login(context.anyone, input, transport, context.deviceCookie.read()),
          (kept) => signIns.restore(kept),
        );
        return present(outcome, {
          signed_in: (signedIn) => signIn(context, signedIn, transport),
          email_verification_required: verificationRequired,
          invalid_credentials: invalidCredentials,
          account_disabled: accountDisabled,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      reauthenticate: async (_root, { input }, context, info) => {
        const outcome = await context.onceBy<ReauthenticateOutcome>(
          context.credentialId,
          info,
          () => passwords.reauthenticate(context.caller, input.password),
          (kept) => signIns.restore(kept),
        );
        return present(outcome, {
          signed_in: (signedIn) => authentication(context, signedIn, signedIn.session.refreshTokenTransport),
          invalid_credentials: invalidCredentials,
          account_locked: ({ lockedUntil }) => accountLocked(lockedUntil),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      requestPasswordReset: async (_root, { input }, context) =>
        presentEmailRequest(context, await resets.request(context.anyone, input.email)),
      resetPassword: async (_root, { input }, context, info) => {
        const { token, newPassword } = input;
        const reset = () => resets.reset(context.anyone, token, newPassword);
        return present(await context.onceBy(null, info, reset), {
          changed: ({ user, terminatedSessionCount }) => ({
            __typename: 'PasswordChanged' as const,
            user: { user, readAs: ownerPrincipal(user.id) },
            terminatedSessionCount,
          }),
          invalid_input: ({ fields }) => invalidInput(fields),
          ...refusedToken(context),
        });
      },
      deleteAccount: async (_root, { input }, context, info) => {
        const outcome = await context.once(info, () => deletion.delete(context.caller, input.password));
        return present(outcome, {
          deleted: ({ userId }) => {
            context.refreshCookie.clear();
            context.deviceCookie.clear();
            return { __typename: 'UserDeleted' as const, id: userId };
          },
          last_administrator: refuseLastAdministrator,
          invalid_credentials: invalidCredentials,
          account_locked: ({ lockedUntil }) => accountLocked(lockedUntil),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      changePassword: async (_root, { input }, context, info) => {
        const { caller } = context;
        const change = { ...input, revokePersonalAccessTokens: input.revokePersonalAccessTokens ?? false };
        const outcome = await context.once(info, () => passwords.change(caller, change));
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
    },
  };
}

const verificationRequired = ({ email }: { readonly email: string }) => ({
  __typename: 'EmailVerificationRequired' as const,
  step: 'VERIFY_EMAIL' as const,
  message: 'Confirm your e-mail address by the link in the message that was sent to it.',
  email,
});

export const passwordFieldScopes: FieldScopes = {
  'Mutation.reauthenticate': 'authenticated',
  'Mutation.changePassword': 'authenticated',
  'Mutation.deleteAccount': 'authenticated',
};
