import { beforeAll, expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type Authentication, type GraphQLClient, ME, newAccount, REFRESH } from '../support/client.ts';
import {
  CANCEL_CHANGE,
  CONFIRM_CHANGE,
  NEW_PASSWORD,
  REQUEST_CHANGE,
  REQUEST_RESET,
  RESET,
  send,
  VERIFY,
} from '../support/messages.ts';
import { bearing, EXCHANGE, exchanged, makeToken } from '../support/personal-access-tokens.ts';
import {
  ASSERTION_TYPE,
  assertion,
  delegatedToken,
  exchangeOf,
  type MadeClient,
  makeClient,
  newKeys,
  postForm,
  serviceToken,
} from '../support/service-clients.ts';

/** Whether a credential is taken where one is asked for (RFC 8725 §3.12): each kind in its own place, and no other. */
type Place = (credential: string, owner: Owner) => Promise<boolean>;

interface Owner extends Authentication {
  readonly client: GraphQLClient;
  readonly personalAccessToken: string;
  /** An access token in place of it. */
  readonly exchangedToken: string;
  /** The token with which a service client acts for the owner. */
  readonly delegatedToken: string;
  /** The token of that client for itself. */
  readonly serviceToken: string;
  /** What another client, which has a key, has signed. */
  readonly assertion: string;
  /** Tokens of messages, by the page to which they link. */
  readonly links: Readonly<Record<string, string>>;
}

/** Whether a mutation takes the token of a message. */
async function taken(document: string, token: string, success: string): Promise<boolean> {
  return (await send(latchkey.client(), document, { token, password: NEW_PASSWORD })).__typename === success;
}

const LEAKED = `mutation ($token: String!) { revokeLeakedToken(input: { token: $token }) { __typename
  ... on AuthRequestAccepted { accepted } } }`;

const places: Readonly<Record<string, Place>> = {
  // Whoever is a session has one, and only a session does.
  'as Bearer of a session': async (credential) =>
    (await bearing(latchkey, credential).send('{ currentSession { id } }')).data.currentSession !== null,
  'as Bearer of a script': async (credential) => {
    const { data } = await bearing(latchkey, credential).send('{ me { id } currentSession { id } }');
    return data.me !== null && data.currentSession === null;
  },
  'to exchange': async (credential) => {
    const { exchangePersonalAccessToken } = await latchkey
      .client()
      .data(EXCHANGE, { input: { token: credential } });
    return exchangePersonalAccessToken.__typename === 'AccessTokenIssued';
  },
  'as Bearer of a service': async (credential) =>
    (await bearing(latchkey, credential).send('{ users { totalCount } }')).errors.length === 0,
  'as Bearer of a service that introspects': async (credential, { accessToken: token }) => {
    const bearer = { authorization: `Bearer ${credential}` };
    return (await postForm(latchkey, 'introspect', { token }, null, bearer)).status === 200;
  },
  'to exchange at the token endpoint': async (credential) =>
    (await postForm(latchkey, 'token', exchangeOf(credential), acting)).status === 200,
  'as the secret of a client': async (credential) =>
    (await postForm(latchkey, 'token', CREDENTIALS, { ...acting, secret: credential })).status === 200,
  'as the assertion of a client': async (credential) => {
    const form = { ...CREDENTIALS, client_assertion_type: ASSERTION_TYPE, client_assertion: credential };
    return (await postForm(latchkey, 'token', form)).status === 200;
  },
  'to refresh': async (credential) => {
    const { refreshSession } = await latchkey.client().data(REFRESH, { input: { refreshToken: credential } });
    return refreshSession.__typename === 'Authentication';
  },
  'in the cookie': async (credential) => {
    const client = latchkey.client();
    client.cookies.set('latchkey-refresh', credential);
    return (await client.data(REFRESH)).refreshSession.__typename === 'Authentication';
  },
  'to log out': async (credential) => {
    const input = { refreshToken: credential };
    const document = 'mutation ($input: LogoutInput) { logout(input: $input) { count } }';
    return (await latchkey.client().data(document, { input })).logout.count === 1;
  },
  'to verify an address': (credential) => taken(VERIFY, credential, 'EmailVerified'),
  'to set a password': (credential) => taken(RESET, credential, 'PasswordChanged'),
  'to confirm a change of address': (credential) => taken(CONFIRM_CHANGE, credential, 'UserUpdated'),
  'to cancel a change of address': (credential) => taken(CANCEL_CHANGE, credential, 'EmailChangeCancelled'),
  'as a token that leaked': async (credential, { personalAccessToken }) => {
    const { revokeLeakedToken } = await latchkey.client().data(LEAKED, { token: credential });
    expect(revokeLeakedToken).toEqual({ __typename: 'AuthRequestAccepted', accepted: true });
    const { data } = await bearing(latchkey, personalAccessToken).send('{ me { id } }');
    return data.me === null;
  },
};

const kinds: Readonly<Record<string, (owner: Owner) => string>> = {
  'an access token': ({ accessToken }) => accessToken,
  'a refresh token': ({ refreshToken }) => refreshToken,
  'a personal access token': ({ personalAccessToken }) => personalAccessToken,
  'an exchanged token': ({ exchangedToken }) => exchangedToken,
  'the token of a service for a user': ({ delegatedToken }) => delegatedToken,
  'the token of a service': ({ serviceToken }) => serviceToken,
  'the secret of a client': () => acting.secret,
  'the assertion of a client': ({ assertion }) => assertion,
  'the token of a verification': ({ links }) => links['verify-email'] ?? '',
  'the token of a reset': ({ links }) => links['reset-password'] ?? '',
  'the token of a change of address': ({ links }) => links['confirm-email-change'] ?? '',
  'the token of a cancellation': ({ links }) => links['cancel-email-change'] ?? '',
  "a session's id": ({ session }) => session.id,
  'a personal access token’s secret after the prefix of a refresh token': ({ personalAccessToken }) =>
    personalAccessToken.replace('lkp_', 'lkr_'),
  'a refresh token after the prefix of a personal access token': ({ refreshToken }) =>
    refreshToken.replace('lkr_', 'lkp_'),
  'an access token after the prefix of a personal access token': ({ accessToken }) => `lkp_${accessToken}`,
};

const TAKEN: Readonly<Record<string, readonly string[]>> = {
  'an access token': ['as Bearer of a session', 'to exchange at the token endpoint'],
  'a refresh token': ['to refresh', 'in the cookie', 'to log out'],
  'a personal access token': [
    'as Bearer of a script',
    'to exchange',
    'to exchange at the token endpoint',
    'as a token that leaked',
  ],
  'an exchanged token': ['as Bearer of a script'],
  'the token of a service for a user': ['as Bearer of a script'],
  'the token of a service': ['as Bearer of a service', 'as Bearer of a service that introspects'],
  'the secret of a client': ['as the secret of a client'],
  'the assertion of a client': ['as the assertion of a client'],
  'the token of a verification': ['to verify an address'],
  'the token of a reset': ['to set a password'],
  'the token of a change of address': ['to confirm a change of address'],
  'the token of a cancellation': ['to cancel a change of address'],
};

const latchkey = useTestApp();
const CREDENTIALS = { grant_type: 'client_credentials' };

const keys = newKeys();
/** A client that acts for users, and one with a key. */
let acting: MadeClient;
let signing: MadeClient;
beforeAll(async () => {
  const scopes = ['users:read', 'tokens:introspect'];
  acting = await makeClient(latchkey, { scopes, actsForUsers: true });
  signing = await makeClient(latchkey, { publicKey: keys.publicKey });
});

async function newOwner(): Promise<Owner> {
  const client = latchkey.client();
  const account = newAccount();
  const { email } = account;
  const authentication = await client.signup(account);
  const next = newAccount().email;
  await send(client, REQUEST_CHANGE, { email: next });
  await send(client, REQUEST_RESET, { email });
  const links = {
    'verify-email': await latchkey.mail.tokenTo(email),
    'reset-password': await latchkey.mail.tokenTo(email, 'reset-password'),
    'cancel-email-change': await latchkey.mail.tokenTo(email, 'cancel-email-change'),
    'confirm-email-change': await latchkey.mail.tokenTo(next, 'confirm-email-change'),
  };
  const { token } = await makeToken(client, 'profile:read', 'sessions:read', 'sessions:write');
  return {
    ...authentication,
    client,
    personalAccessToken: token,
    exchangedToken: await exchanged(latchkey, token),
    delegatedToken: await delegatedToken(latchkey, acting, authentication.accessToken),
    serviceToken: await serviceToken(latchkey, acting),
    assertion: String(assertion(keys, signing.id, 'http://localhost:4001')['client_assertion']),
    links,
  };
}

test.each(Object.entries(kinds))('%s is taken in its own places only', async (kind, credentialOf) => {
  const takenIn: string[] = [];
  let owner = await newOwner();
  // Where it was not taken it has done no harm either.
  const expectUnharmed = async () => expect((await owner.client.data(ME)).me).not.toBeNull();
  for (const [place, isTaken] of Object.entries(places)) {
    if (!(await isTaken(credentialOf(owner), owner))) {
      await expectUnharmed();
      continue;
    }
    takenIn.push(place);
    owner = await newOwner();
  }
  expect((await owner.client.refresh()).__typename).toBe('Authentication');
  expect(takenIn).toEqual(TAKEN[kind] ?? []);
});
