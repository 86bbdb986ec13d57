import type { TestApp } from './app.ts';
import { type GraphQLClient, LOGIN, newAccount, SIGNUP } from './client.ts';
import { runSql } from './sql.ts';

// Operations that send a message, and those that take the token of its link.

const ERROR = '... on AuthError { code message }';
const LIMITED = '... on AuthRateLimitedError { retryAfterSeconds }';
const FIELDS = '... on AuthInvalidInputError { fields { path code } }';
const USER = 'user { id email emailVerified username name }';

export const VERIFY = `mutation ($token: String!) { verifyEmail(input: { token: $token }) { __typename
  ... on EmailVerified { ${USER} } ${ERROR} ${LIMITED} } }`;
export const RESEND = `mutation ($email: String!) { resendVerificationEmail(input: { email: $email }) { __typename
  ... on AuthRequestAccepted { accepted } ${ERROR} ${LIMITED} ${FIELDS} } }`;
export const REQUEST_RESET = `mutation ($email: String!) { requestPasswordReset(input: { email: $email }) { __typename
  ... on AuthRequestAccepted { accepted } ${ERROR} ${LIMITED} ${FIELDS} } }`;
export const RESET = `mutation ($token: String!, $password: String!) {
  resetPassword(input: { token: $token, newPassword: $password }) { __typename
    ... on PasswordChanged { ${USER} terminatedSessionCount } ${ERROR} ${LIMITED} ${FIELDS} } }`;
export const REQUEST_CHANGE = `mutation ($email: String!) { requestEmailChange(input: { newEmail: $email }) { __typename
  ... on AuthRequestAccepted { accepted } ${ERROR} ${LIMITED} ${FIELDS} } }`;
export const CONFIRM_CHANGE = `mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { __typename
  ... on UserUpdated { ${USER} } ${ERROR} ${LIMITED} } }`;
export const CANCEL_CHANGE = `mutation ($token: String!) { cancelEmailChange(input: { token: $token }) { __typename
  ... on EmailChangeCancelled { cancelled } ${ERROR} ${LIMITED} } }`;
export const DELETE = `mutation ($password: String!) { deleteAccount(input: { password: $password }) { __typename
  ... on UserDeleted { id } ${ERROR} } }`;

const STEP = '... on SignInStep { step message } ... on EmailVerificationRequired { email }';

/** As `SIGNUP` and `LOGIN`, with the step that may come before a session. */
export const SIGNUP_STEP = SIGNUP.replace('__typename', `__typename ${STEP}`);
export const LOGIN_STEP = LOGIN.replace('__typename', `__typename ${STEP}`);

export const NEW_PASSWORD = 'another horse, another staple';

/** The only field of an answer without errors. */
export async function send(client: GraphQLClient, query: string, variables: object) {
  const [value] = Object.values(await client.data(query, variables)) as {
    __typename: string;
    [field: string]: unknown;
  }[];
  if (value === undefined) throw new Error('the answer has no field');
  return value;
}

/** Signs up where addresses must be confirmed, and returns the account with the token of the message. */
export async function signUpUnconfirmed(latchkey: TestApp, account = newAccount()) {
  await latchkey.client().data(SIGNUP, { input: account });
  return { ...account, token: await latchkey.mail.tokenTo(account.email) };
}

/** Signs up and confirms the address. */
export async function signUpConfirmed(latchkey: TestApp, account = newAccount()) {
  const { token } = await signUpUnconfirmed(latchkey, account);
  const verified = await send(latchkey.client(), VERIFY, { token });
  if (verified.__typename !== 'EmailVerified') throw new Error(JSON.stringify(verified));
  return { ...account, id: (verified['user'] as { id: string }).id };
}

/** Confirms the address of an account without ending anything: only confirmed ones get notices. */
export async function confirmAddress({ databaseUrl }: TestApp, email: string): Promise<void> {
  await runSql(databaseUrl, 'UPDATE users SET email_verified = true WHERE email_key = $1', [email]);
}
