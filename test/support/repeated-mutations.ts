import { CREATE_USER, DELETE_USER } from './administration.ts';
import type { TestApp } from './app.ts';
import {
  type GraphQLClient,
  LOGIN,
  newAccount,
  PASSWORD,
  REAUTHENTICATE,
  REFRESH,
  SIGNUP,
} from './client.ts';
import {
  CANCEL_CHANGE,
  CONFIRM_CHANGE,
  confirmAddress,
  DELETE,
  NEW_PASSWORD,
  REQUEST_CHANGE,
  REQUEST_RESET,
  RESEND,
  RESET,
  send,
  VERIFY,
} from './messages.ts';
import {
  CREATE_TOKEN,
  EXCHANGE,
  makeToken,
  REVOKE_TOKEN,
  ROTATE_TOKEN,
  tokenInput,
} from './personal-access-tokens.ts';
import { ISSUE, makeClient } from './service-clients.ts';
import { signIn, signInAdministrator, signInWithRoles } from './signed-in.ts';

/** A mutation that is about to be sent, and its answer lost. */
export interface Prepared {
  readonly client: GraphQLClient;
  readonly query: string;
  readonly variables?: object;
  /** Who is still signed in afterwards. */
  readonly signedIn?: readonly GraphQLClient[];
  /** An event that is then recorded once, about this user: for mutations whose answer does not tell how often they took effect. */
  readonly recorded?: { readonly type: string; readonly userId: string };
}

type Prepare = (latchkey: TestApp) => Promise<Prepared>;

const SESSIONS = '__typename count sessions { id status endReason endedAt ipAddress }';
const CODE = '... on AuthError { code }';

/** Mutations whose outcome is kept for the repeats of a request with an idempotency key. */
export const kept: Readonly<Record<string, Prepare>> = {
  login: async (latchkey) => {
    const account = newAccount();
    const owner = latchkey.client();
    await owner.signup(account);
    const input = { identifier: account.email, password: PASSWORD };
    return { client: latchkey.client(), query: LOGIN, variables: { input }, signedIn: [owner] };
  },
  signup: async (latchkey) => ({
    client: latchkey.client(),
    query: SIGNUP,
    variables: { input: newAccount() },
  }),
  reauthenticate: async (latchkey) => {
    const [caller, other] = await signIn(latchkey, 2);
    const variables = { password: PASSWORD };
    return { client: caller.client, query: REAUTHENTICATE, variables, signedIn: [other.client] };
  },
  changePassword: async (latchkey) => {
    const [caller] = await signIn(latchkey, 2);
    const query = `mutation ($old: String!, $new: String!) { changePassword(input: { currentPassword: $old, newPassword: $new }) {
      __typename ... on PasswordChanged { user { id email } terminatedSessionCount } ${CODE} } }`;
    const variables = { old: PASSWORD, new: NEW_PASSWORD };
    return { client: caller.client, query, variables, signedIn: [caller.client] };
  },
  resetPassword: async (latchkey) => {
    const { email } = await mailboxOwner(latchkey);
    await send(latchkey.client(), REQUEST_RESET, { email });
    const token = await latchkey.mail.tokenTo(email, 'reset-password');
    return { client: latchkey.client(), query: RESET, variables: { token, password: NEW_PASSWORD } };
  },
  deleteAccount: async (latchkey) => {
    const { client } = await mailboxOwner(latchkey);
    return { client, query: DELETE, variables: { password: PASSWORD } };
  },
  verifyEmail: async (latchkey) => {
    const account = newAccount();
    await latchkey.client().signup(account);
    const token = await latchkey.mail.tokenTo(account.email);
    return { client: latchkey.client(), query: VERIFY, variables: { token } };
  },
  requestEmailChange: async (latchkey) => {
    const { client, userId } = await mailboxOwner(latchkey);
    const { email } = newAccount();
    const recorded = { type: 'user.email_change_requested', userId };
    return { client, query: REQUEST_CHANGE, variables: { email }, signedIn: [client], recorded };
  },
  confirmEmailChange: async (latchkey) => {
    const { client, newEmail } = await withEmailChange(latchkey);
    const token = await latchkey.mail.tokenTo(newEmail, 'confirm-email-change');
    return { client: latchkey.client(), query: CONFIRM_CHANGE, variables: { token }, signedIn: [client] };
  },
  cancelEmailChange: async (latchkey) => {
    const { client, email } = await withEmailChange(latchkey);
    const token = await latchkey.mail.tokenTo(email, 'cancel-email-change');
    return { client: latchkey.client(), query: CANCEL_CHANGE, variables: { token }, signedIn: [client] };
  },
  logout: async (latchkey) => {
    const [caller, other] = await signIn(latchkey, 2);
    const query = `mutation { logout { ${SESSIONS} } }`;
    return { client: caller.client, query, signedIn: [other.client] };
  },
  terminateSession: async (latchkey) => {
    const [caller, other] = await signIn(latchkey, 2);
    const query = `mutation ($id: ID!) { terminateSession(id: $id) { ... on SessionsTerminated { ${SESSIONS} } ${CODE} } }`;
    return { client: caller.client, query, variables: { id: caller.id }, signedIn: [other.client] };
  },
  terminateOtherSessions: async (latchkey) => {
    const [caller] = await signIn(latchkey, 3);
    const query = `mutation { terminateOtherSessions { ... on SessionsTerminated { ${SESSIONS} } ${CODE} } }`;
    return { client: caller.client, query, signedIn: [caller.client] };
  },
  terminateUserSessions: async (latchkey) => {
    const [{ userId }] = await signIn(latchkey, 2);
    const client = await signInAdministrator(latchkey);
    const query = `mutation ($userId: ID!) { terminateUserSessions(userId: $userId) { ${SESSIONS} } }`;
    return { client, query, variables: { userId }, signedIn: [client] };
  },
  createPersonalAccessToken: async (latchkey) => {
    const [{ client }] = await signIn(latchkey, 1);
    return { client, query: CREATE_TOKEN, variables: { input: tokenInput() }, signedIn: [client] };
  },
  rotatePersonalAccessToken: async (latchkey) => {
    const [{ client }] = await signIn(latchkey, 1);
    const { id } = await makeToken(client, 'profile:read');
    return { client, query: ROTATE_TOKEN, variables: { id }, signedIn: [client] };
  },
  revokePersonalAccessToken: async (latchkey) => {
    const administrator = await signInAdministrator(latchkey);
    const { id, token } = await makeToken(administrator, 'tokens:write:any');
    const client = latchkey.client();
    client.accessToken = token;
    return { client, query: REVOKE_TOKEN, variables: { id }, signedIn: [administrator] };
  },
  createUser: async (latchkey) => {
    const client = await signInAdministrator(latchkey);
    const variables = { input: newAccount() };
    return { client, query: CREATE_USER, variables, signedIn: [client] };
  },
  updateUser: async (latchkey) => {
    // Who takes their own role may not do it twice. Their token is refused from then on, and reads what is public.
    const { client, id } = await signInWithRoles(latchkey, 'user', 'admin');
    await signInAdministrator(latchkey);
    const query = `mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { __typename
      ... on UserUpdated { user { id username } } ${CODE} } }`;
    return { client, query, variables: { id, input: { roles: ['user'] } } };
  },
  deleteUser: async (latchkey) => {
    const [{ userId }] = await signIn(latchkey, 1);
    const client = await signInAdministrator(latchkey);
    return { client, query: DELETE_USER, variables: { id: userId }, signedIn: [client] };
  },
};

interface Natural {
  /** Why a repeat does no harm, with a key or without. */
  readonly why: string;
  readonly prepare: Prepare;
}

/** Mutations whose repeats need no key. */
export const idempotentByNature: Readonly<Record<string, Natural>> = {
  refreshSession: {
    why: 'the previous refresh token gives the same tokens until the new ones are used',
    prepare: async (latchkey) => {
      const [{ client }] = await signIn(latchkey, 1);
      return { client, query: REFRESH, variables: { input: { refreshToken: client.refreshToken } } };
    },
  },
  recordActivity: {
    why: 'it is recorded once a minute at most',
    prepare: async (latchkey) => {
      const [{ client }] = await signIn(latchkey, 1);
      return { client, query: 'mutation { recordActivity { id status } }', signedIn: [client] };
    },
  },
  updateProfile: {
    why: 'it sets fields to values, whatever they were',
    prepare: async (latchkey) => {
      const [{ client }] = await signIn(latchkey, 1);
      const query = `mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { __typename
        ... on UserUpdated { user { id username name } } ${CODE} } }`;
      const { username } = newAccount();
      return { client, query, variables: { input: { username: `${username}b` } }, signedIn: [client] };
    },
  },
  unlockUser: {
    why: 'what is not locked stays so',
    prepare: async (latchkey) => {
      const [{ userId }] = await signIn(latchkey, 1);
      const client = await signInAdministrator(latchkey);
      const query = `mutation ($id: ID!) { unlockUser(id: $id) { __typename ${CODE} } }`;
      return { client, query, variables: { id: userId }, signedIn: [client] };
    },
  },
  issueServiceToken: {
    why: 'another token is as good as the first',
    prepare: async (latchkey) => {
      const { id: clientId, secret: clientSecret } = await makeClient(latchkey);
      const input = { clientId, clientSecret };
      return { client: latchkey.client(), query: ISSUE, variables: { input }, signedIn: [] };
    },
  },
  exchangePersonalAccessToken: {
    why: 'another access token is as good as the first, and both end together',
    prepare: async (latchkey) => {
      const [{ client }] = await signIn(latchkey, 1);
      const { token } = await makeToken(client, 'profile:read');
      const variables = { input: { token } };
      return { client: latchkey.client(), query: EXCHANGE, variables, signedIn: [client] };
    },
  },
  revokeLeakedToken: {
    why: 'the answer is the same for every token',
    prepare: async (latchkey) => {
      const [{ client }] = await signIn(latchkey, 1);
      const { token } = await makeToken(client, 'profile:read');
      const query = `mutation ($token: String!) { revokeLeakedToken(input: { token: $token }) { __typename } }`;
      return { client: latchkey.client(), query, variables: { token }, signedIn: [client] };
    },
  },
  requestPasswordReset: {
    why: 'the answer is the same for every address; another message, within its limits, replaces the link of the first',
    prepare: async (latchkey) => {
      const { email } = await mailboxOwner(latchkey);
      return { client: latchkey.client(), query: REQUEST_RESET, variables: { email } };
    },
  },
  resendVerificationEmail: {
    why: 'as requestPasswordReset',
    prepare: async (latchkey) => {
      const account = newAccount();
      await latchkey.client().signup(account);
      return { client: latchkey.client(), query: RESEND, variables: { email: account.email } };
    },
  },
};

/** A signed-in user whose address is confirmed. */
async function mailboxOwner(latchkey: TestApp) {
  const account = newAccount();
  const client = latchkey.client();
  const { user } = await client.signup(account);
  await confirmAddress(latchkey, account.email);
  return { client, email: account.email, userId: user.id };
}

/** A user who asked for another address. */
async function withEmailChange(latchkey: TestApp) {
  const owner = await mailboxOwner(latchkey);
  const { email: newEmail } = newAccount();
  await send(owner.client, REQUEST_CHANGE, { email: newEmail });
  return { ...owner, newEmail };
}
