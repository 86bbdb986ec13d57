import { exchange } from './exchanges.ts';

/** An answer as a client sees it. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers of any shape
  readonly data: any;
  readonly errors: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions: Record<string, unknown>;
  }[];
}

/** A GraphQL client such as a browser or a script is: it keeps its access token and its cookies. */
export class GraphQLClient {
  readonly url: string;
  accessToken: string | null = null;
  refreshToken: string | null = null;
  readonly cookies = new Map<string, string>();

  constructor(url: string) {
    this.url = url;
  }

  async send(query: string, variables: object = {}, headers: Record<string, string> = {}): Promise<Answer> {
    const answer = await exchange(`${this.url}/graphql`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.accessToken !== null && { authorization: `Bearer ${this.accessToken}` }),
        ...(this.cookies.size > 0 && {
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        }),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    for (const cookie of answer.headers.getSetCookie()) this.#keep(cookie);
    const { data, errors = [] } = JSON.parse(answer.text) as Answer;
    return { status: answer.status, headers: answer.headers, data, errors };
  }

  /** The data, where there must be no errors. */
  async data(query: string, variables: object = {}): Promise<Answer['data']> {
    const { data, errors } = await this.send(query, variables);
    if (errors.length > 0) throw new Error(JSON.stringify(errors));
    return data;
  }

  /** Makes an account and is signed in as it from now on. */
  async signup(input: Partial<SignupInput> = {}): Promise<Authentication> {
    const { signup } = await this.data(SIGNUP, { input: { ...newAccount(), ...input } });
    return this.#adopt(signup);
  }

  async login(input: {
    identifier: string;
    password: string;
    refreshTokenTransport?: string;
  }): Promise<Authentication> {
    const { login } = await this.data(LOGIN, { input });
    return this.#adopt(login);
  }

  /** Refreshes by the token that was kept, and keeps the new ones where there are any. */
  async refresh(refreshToken = this.refreshToken): Promise<Authentication & Failure> {
    const { refreshSession } = await this.data(REFRESH, { input: { refreshToken } });
    return refreshSession.__typename === 'Authentication' ? this.#adopt(refreshSession) : refreshSession;
  }

  #adopt<T extends Authentication>(authentication: T): T {
    if (authentication.__typename !== 'Authentication') throw new Error(JSON.stringify(authentication));
    this.accessToken = authentication.accessToken;
    this.refreshToken = authentication.refreshToken;
    return authentication;
  }

  #keep(setCookie: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(setCookie) ?? [];
    if (value === '') this.cookies.delete(name);
    else this.cookies.set(name, value);
  }
}

export interface SignupInput {
  email: string;
  password: string;
  username: string;
  name: string;
  refreshTokenTransport: 'BODY' | 'COOKIE';
}

export interface Authentication {
  __typename: string;
  user: { id: string; email: string; username: string | null };
  session: { id: string };
  accessToken: string;
  refreshToken: string;
}

export interface Failure {
  code?: string;
  message?: string;
  endReason?: string;
}

export const PASSWORD = 'correct horse battery staple';

let accounts = 0;

/** An account that no other test has. */
export function newAccount(): { email: string; password: string; username: string } {
  accounts += 1;
  return { email: `user${accounts}@example.com`, username: `user${accounts}`, password: PASSWORD };
}

const AUTHENTICATION = `__typename
  ... on Authentication { user { id email username } session { id } accessToken accessTokenExpiresAt refreshToken }
  ... on AuthError { code message }`;

export const SIGNUP = `mutation ($input: SignupInput!) { signup(input: $input) { ${AUTHENTICATION}
  ... on AuthInvalidInputError { fields { path code message } } ... on AuthRateLimitedError { retryAfterSeconds } } }`;
export const LOGIN = `mutation ($input: LoginInput!) { login(input: $input) { ${AUTHENTICATION}
  ... on AuthInvalidInputError { fields { path code message } } ... on AuthRateLimitedError { retryAfterSeconds } } }`;
export const REFRESH = `mutation ($input: RefreshSessionInput) { refreshSession(input: $input) { ${AUTHENTICATION}
  ... on SessionEndedError { endReason endedAt } ... on AuthRateLimitedError { retryAfterSeconds } } }`;
export const REAUTHENTICATE = `mutation ($password: String!) { reauthenticate(input: { password: $password }) { ${AUTHENTICATION} } }`;
export const ME = '{ me { id email username } }';
