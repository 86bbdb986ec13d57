import type { InvalidField } from '../../core/invalid-field.ts';
import type { GraphQLContext } from '../request/context.ts';

/** Error types that mutations return as data. */

export const invalidInput = (fields: readonly InvalidField[]) => ({
  __typename: 'AuthInvalidInputError' as const,
  code: 'INVALID_INPUT' as const,
  message: 'Some fields are invalid.',
  fields: fields.map(({ path, code, message }) => ({ path: [...path], code, message })),
});

export const invalidCredentials = () => ({
  __typename: 'InvalidCredentialsError' as const,
  code: 'INVALID_CREDENTIALS' as const,
  message: 'The identifier or the password is wrong.',
});

export const invalidClient = () => ({
  ...invalidCredentials(),
  message: 'The service client is not known, or its secret is wrong.',
});

export const accountLocked = (lockedUntil: Date) => ({
  __typename: 'AccountLockedError' as const,
  code: 'ACCOUNT_LOCKED' as const,
  message: 'Too many wrong passwords. Try again later.',
  lockedUntil,
});

export const accountDisabled = () => ({
  __typename: 'AccountDisabledError' as const,
  code: 'ACCOUNT_DISABLED' as const,
  message: 'This account is disabled.',
});

export const emailTaken = () => ({
  __typename: 'EmailTakenError' as const,
  code: 'EMAIL_TAKEN' as const,
  message: 'An account with this email address already exists.',
});

export const usernameTaken = () => ({
  __typename: 'UsernameTakenError' as const,
  code: 'USERNAME_TAKEN' as const,
  message: 'This username is taken.',
});

/** The HTTP response gets `retry-after` too. */
export function rateLimited(context: GraphQLContext, retryAfterSeconds: number) {
  context.retryAfter(retryAfterSeconds);
  return {
    __typename: 'AuthRateLimitedError' as const,
    code: 'RATE_LIMITED' as const,
    message: 'Too many attempts. Try again later.',
    retryAfterSeconds,
  };
}

export const invalidToken = () => ({
  __typename: 'InvalidTokenError' as const,
  code: 'INVALID_TOKEN' as const,
  message: 'The token is invalid, expired or revoked.',
});

/** Of the token of a message. */
export const expiredToken = () => ({
  __typename: 'InvalidTokenError' as const,
  code: 'EXPIRED_TOKEN' as const,
  message: 'The link has expired. Ask for another message.',
});

export const missingToken = () => ({
  __typename: 'InvalidTokenError' as const,
  code: 'MISSING_TOKEN' as const,
  message: 'No refresh token was sent.',
});

export const reauthenticationRequired = () => ({
  __typename: 'ReauthenticationRequiredError' as const,
  code: 'REAUTHENTICATION_REQUIRED' as const,
  message: 'Enter your password again.',
});

export const limitReached = (limit: number) => ({
  __typename: 'AuthLimitReachedError' as const,
  code: 'LIMIT_REACHED' as const,
  message: `The limit of ${limit} is reached.`,
  limit,
});

export const notFound = () => ({
  __typename: 'AuthNotFoundError' as const,
  code: 'NOT_FOUND' as const,
  message: 'Not found.',
});

/** The outcomes of a use of a one-time token that fails. */
export const refusedToken = (context: GraphQLContext) => ({
  invalid_token: invalidToken,
  expired_token: expiredToken,
  rate_limited: ({ retryAfterSeconds }: { readonly retryAfterSeconds: number }) =>
    rateLimited(context, retryAfterSeconds),
});
