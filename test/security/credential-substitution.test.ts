import { expect, test } from '@jest/globals';
import { useTestApp } from '../support/app.ts';
import { type Authentication, type GraphQLClient, newAccount, REFRESH } from '../support/client.ts';
import { bearing, makeToken } from '../support/personal-access-tokens.ts';

/** Whether a credential is taken where one is asked for (RFC 8725 §3.12): each kind in its own place, and no other. */
type Place = (credential: string, owner: Owner) => Promise<boolean>;

interface Owner extends Authentication {
  readonly client: GraphQLClient;
  readonly personalAccessToken: string;
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
  "a session's id": ({ session }) => session.id,
  'a personal access token’s secret after the prefix of a refresh token': ({ personalAccessToken }) =>
    personalAccessToken.replace('lkp_', 'lkr_'),
  'a refresh token after the prefix of a personal access token': ({ refreshToken }) =>
    refreshToken.replace('lkr_', 'lkp_'),
  'an access token after the prefix of a personal access token': ({ accessToken }) => `lkp_${accessToken}`,
};

const TAKEN: Readonly<Record<string, readonly string[]>> = {
  'an access token': ['as Bearer of a session'],
  'a refresh token': ['to refresh', 'in the cookie', 'to log out'],
  'a personal access token': ['as Bearer of a script', 'as a token that leaked'],
};

const latchkey = useTestApp();

async function newOwner(): Promise<Owner> {
  const client = latchkey.client();
  const authentication = await client.signup(newAccount());
  const { token } = await makeToken(client, 'profile:read', 'sessions:read', 'sessions:write');
  return { ...authentication, client, personalAccessToken: token };
}

test.each(Object.entries(kinds))('%s is taken in its own places only', async (kind, credentialOf) => {
  const taken: string[] = [];
  for (const [place, isTaken] of Object.entries(places)) {
    const owner = await newOwner();
    if (await isTaken(credentialOf(owner), owner)) taken.push(place);
    // Where it was not taken it has done no harm either.
    else expect((await owner.client.refresh()).__typename).toBe('Authentication');
  }
  expect(taken).toEqual(TAKEN[kind] ?? []);
});
