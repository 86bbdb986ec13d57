import { Agent, request } from 'node:http';

export const PASSWORD = 'correct horse battery staple';

export async function graphql<T>(
  url: string,
  query: string,
  {
    variables = {},
    token,
    address,
  }: {
    variables?: object;
    token?: string | undefined;
    /** The client's address, as a trusted proxy tells it. */
    address?: string | undefined;
  } = {},
): Promise<T> {
  const body = JSON.stringify({ query, variables });
  const headers = {
    'content-type': 'application/json',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(address !== undefined && { 'x-forwarded-for': address }),
  };
  const { data, errors } = JSON.parse(await post(`${url}/graphql`, headers, body)) as {
    data: T;
    errors?: unknown;
  };
  if (errors !== undefined) throw new Error(JSON.stringify(errors));
  return data;
}

export interface SignedIn {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string };
  readonly session: { readonly id: string };
}

const AUTHENTICATION = '... on Authentication { accessToken refreshToken user { id } session { id } }';

export async function signup(
  url: string,
  email: string,
  address?: string,
  password = PASSWORD,
): Promise<SignedIn> {
  const query = `mutation ($input: SignupInput!) { signup(input: $input) { ${AUTHENTICATION} } }`;
  const { signup } = await graphql<{ signup: SignedIn }>(url, query, {
    variables: { input: { email, password } },
    address,
  });
  return signup;
}

export async function login(url: string, email: string): Promise<SignedIn> {
  const query = `mutation ($input: LoginInput!) { login(input: $input) { ${AUTHENTICATION} } }`;
  const { login } = await graphql<{ login: SignedIn }>(url, query, {
    variables: { input: { identifier: email, password: PASSWORD } },
  });
  return login;
}

export async function refresh(
  url: string,
  refreshToken: string,
): Promise<Pick<SignedIn, 'accessToken' | 'refreshToken'>> {
  const query = `mutation ($t: String) { refreshSession(input: { refreshToken: $t }) {
    ... on Authentication { accessToken accessTokenExpiresAt refreshToken } } }`;
  const { refreshSession } = await graphql<{ refreshSession: SignedIn }>(url, query, {
    variables: { t: refreshToken },
  });
  return refreshSession;
}

export async function createToken(
  url: string,
  accessToken: string,
  scopes: readonly string[],
): Promise<string> {
  const query = `mutation ($scopes: [String!]!) { createPersonalAccessToken(input: { name: "bench", scopes: $scopes }) {
    ... on PersonalAccessTokenCreated { token } } }`;
  const answer = await graphql<{ createPersonalAccessToken: { token: string } }>(url, query, {
    variables: { scopes },
    token: accessToken,
  });
  return answer.createPersonalAccessToken.token;
}

const agent = new Agent({ keepAlive: true });

/** `fetch` alone takes longer than what is measured here. */
function post(url: string, headers: Readonly<Record<string, string>>, body: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', agent, headers }, (response) => {
      let answer = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => {
        answer += chunk;
      });
      response.on('end', () => resolve(answer));
    });
    call.on('error', reject);
    call.end(body);
  });
}
