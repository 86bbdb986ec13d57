import type { InvalidField } from '../../core/invalid-field.ts';

/** The failures that are data: one function each, so that a message is written once. */

export const invalidInput = (fields: readonly InvalidField[]) => ({
  __typename: 'AuthInvalidInputError' as const,
  code: 'INVALID_INPUT' as const,
  message: 'Some of this cannot be accepted.',
  fields: fields.map(({ path, code, message }) => ({ path: [...path], code, message })),
});

export const invalidCredentials = () => ({
  __typename: 'InvalidCredentialsError' as const,
  code: 'INVALID_CREDENTIALS' as const,
  message: 'The identifier or the password is wrong.',
});

export const accountDisabled = () => ({
  __typename: 'AccountDisabledError' as const,
  code: 'ACCOUNT_DISABLED' as const,
  message: 'This account is disabled.',
});

export const emailTaken = () => ({
  __typename: 'EmailTakenError' as const,
  code: 'EMAIL_TAKEN' as const,
  message: 'There is an account with this e-mail address already.',
});

export const usernameTaken = () => ({
  __typename: 'UsernameTakenError' as const,
  code: 'USERNAME_TAKEN' as const,
  message: 'This username is taken.',
});

export const rateLimited = (retryAfterSeconds: number) => ({
  __typename: 'AuthRateLimitedError' as const,
  code: 'RATE_LIMITED' as const,
  message: 'Too many attempts at the moment. Try again shortly.',
  retryAfterSeconds,
});

export const invalidToken = () => ({
  __typename: 'InvalidTokenError' as const,
  code: 'INVALID_TOKEN' as const,
  message: 'This token is not valid, or not any more.',
});

export const missingToken = () => ({
  __typename: 'InvalidTokenError' as const,
  code: 'MISSING_TOKEN' as const,
  message: 'There is no refresh token.',
});

export const reauthenticationRequired = () => ({
  __typename: 'ReauthenticationRequiredError' as const,
  code: 'REAUTHENTICATION_REQUIRED' as const,
  message: 'Show your password again to do this.',
});

export const limitReached = (limit: number) => ({
  __typename: 'AuthLimitReachedError' as const,
  code: 'LIMIT_REACHED' as const,
  message: `There may be ${limit} of these at a time.`,
  limit,
});

export const notFound = () => ({
  __typename: 'AuthNotFoundError' as const,
  code: 'NOT_FOUND' as const,
  message: 'There is no such thing, or it is not yours.',
});
