import { ownerPrincipal } from '../../core/principal.ts';
import {
  emailTaken,
  invalidInput,
  rateLimited,
  reauthenticationRequired,
  refusedToken,
} from '../../graphql/results/auth-errors.ts';
import { present } from '../../graphql/results/present.ts';
import type { FieldScopes } from '../../graphql/schema/field-scopes.ts';
import type { Resolvers } from '../generated.ts';
import type { User } from '../users/index.ts';
import type { EmailChange } from './email-change.service.ts';
import { presentEmailRequest, requestAccepted } from './email-request.view.ts';
import type { EmailVerification } from './email-verification.service.ts';

interface Services {
  readonly verification: EmailVerification;
  readonly change: EmailChange;
}

export function emailAddressResolvers({ verification, change }: Services): Resolvers {
  return {
    Mutation: {
      verifyEmail: async (_root, { input }, context, info) => {
        const verify = () => verification.verify(context.anyone, input.token);
        return present(await context.onceBy(null, info, verify), {
          verified: ({ user }) => ({ __typename: 'EmailVerified' as const, user: asOwner(user) }),
          ...refusedToken(context),
        });
      },
      resendVerificationEmail: async (_root, { input }, context) =>
        presentEmailRequest(context, await verification.resend(context.anyone, input.email)),
      requestEmailChange: async (_root, { input }, context, info) => {
        const { caller } = context;
        const outcome = await context.once(info, () => change.request(caller, input.newEmail));
        return present(outcome, {
          accepted: requestAccepted,
          reauthentication_required: reauthenticationRequired,
          invalid_input: ({ fields }) => invalidInput(fields),
          rate_limited: ({ retryAfterSeconds }) => rateLimited(context, retryAfterSeconds),
        });
      },
      confirmEmailChange: async (_root, { input }, context, info) => {
        const confirm = () => change.confirm(context.anyone, input.token);
        return present(await context.onceBy(null, info, confirm), {
          updated: ({ user }) => ({ __typename: 'UserUpdated' as const, user: asOwner(user) }),
          email_taken: emailTaken,
          ...refusedToken(context),
        });
      },
      cancelEmailChange: async (_root, { input }, context, info) => {
        const cancel = () => change.cancel(context.anyone, input.token);
        return present(await context.onceBy(null, info, cancel), {
          cancelled: () => ({ __typename: 'EmailChangeCancelled' as const, cancelled: true }),
          ...refusedToken(context),
        });
      },
    },
  };
}

/** A user whose mailbox was just proved. */
const asOwner = (user: User) => ({ user, readAs: ownerPrincipal(user.id) });

export const emailAddressFieldScopes: FieldScopes = {
  'Mutation.requestEmailChange': 'authenticated',
};
