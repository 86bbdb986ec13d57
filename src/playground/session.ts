import type { AccessToken } from './access-token.ts';
import { endpoint } from './endpoint.ts';
import { tokenOfResult } from './token-of-result.ts';

/** Sign-in with the refresh token in an HttpOnly cookie. */
const SIGN_IN = `mutation ($identifier: String!, $password: String!) {
  login(input: { identifier: $identifier, password: $password, refreshTokenTransport: COOKIE }) {
    ... on Authentication { accessToken }
    ... on SignInStep { message }
    ... on AuthError { code message }
  }
}`;
const REFRESH =
  'mutation { refreshSession { ... on Authentication { accessToken } ... on AuthError { code } } }';
const SIGN_OUT = 'mutation { logout { count } }';
const WHO = '{ me { email username } }';

/** Why nobody was signed in, or null. */
export async function signIn(
  accessToken: AccessToken,
  identifier: string,
  password: string,
): Promise<string | null> {
  const { data } = await run(SIGN_IN, null, { identifier, password });
  const token = tokenOfResult({ data });
  if (typeof token !== 'string') return data?.['login']?.['message'] ?? 'The sign-in failed.';
  accessToken.set(token);
  return null;
}

/** Ends the session. Returns whether the server has: otherwise it and the cookie live on. */
export async function signOut(accessToken: AccessToken): Promise<boolean> {
  const { data } = await run(SIGN_OUT, await accessToken.current());
  if (!data?.['logout']) return false;
  accessToken.set(null);
  return true;
}

/** Another access token by the cookie; null if there is none or its session has ended. Fails if the server does not say which. */
export async function refresh(): Promise<string | null> {
  const { data } = await run(REFRESH, null);
  const code = data?.['refreshSession']?.['code'];
  if (!data?.['refreshSession'] || code === 'RATE_LIMITED')
    throw new Error('the server refreshes nothing now');
  return tokenOfResult({ data }) ?? null;
}

/** The name of whoever holds the token; null if it is not valid any more. */
export async function nameOf(token: string): Promise<string | null> {
  const { data } = await run(WHO, token);
  return data?.['me']?.['username'] ?? data?.['me']?.['email'] ?? null;
}

interface Result {
  readonly data?: Readonly<Record<string, Readonly<Record<string, string | null>> | null>> | null;
}

async function run(query: string, token: string | null, variables: object = {}): Promise<Result> {
  const response = await originalFetch(endpoint, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/json',
      ...(token !== null && { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify({ query, variables }),
  });
  if (response.status >= 500) throw new Error(`the answer has status ${response.status}`);
  return (await response.json()) as Result;
}

/** Before it is replaced: this file knows which token each request needs. */
const originalFetch = window.fetch.bind(window);
