import { expect } from '@jest/globals';
import type { TestApp } from './app.ts';
import { type Answer, type GraphQLClient, ME, newAccount, PASSWORD } from './client.ts';
import { runSql } from './sql.ts';

/** A session, and the client that holds its tokens. */
export interface SignedIn {
  readonly client: GraphQLClient;
  readonly id: string;
  readonly userId: string;
}

/** One new user, signed in so many times: the first by signing up. */
export async function signIn<N extends number>(app: TestApp, times: N): Promise<SignedInTimes<N>> {
  const account = newAccount();
  const sessions: SignedIn[] = [];
  while (sessions.length < times) {
    const client = app.client();
    const { user, session } =
      sessions.length === 0
        ? await client.signup(account)
        : await client.login({ identifier: account.email, password: PASSWORD });
    sessions.push({ client, id: session.id, userId: user.id });
  }
  return sessions as unknown as SignedInTimes<N>;
}

type SignedInTimes<N extends number, So extends SignedIn[] = []> = So['length'] extends N
  ? So
  : SignedInTimes<N, [...So, SignedIn]>;

/** A new user with these roles, signed in. */
export async function signInWithRoles(app: TestApp, ...roles: string[]) {
  const account = newAccount();
  const { user } = await app.client().signup(account);
  await runSql(app.databaseUrl, 'UPDATE users SET roles = $2 WHERE id = $1', [user.id, roles]);
  const client = app.client();
  const { session } = await client.login({ identifier: account.email, password: PASSWORD });
  return { ...account, client, id: user.id, sessionId: session.id };
}

export async function signInAdministrator(app: TestApp): Promise<GraphQLClient> {
  return (await signInWithRoles(app, 'user', 'admin')).client;
}

export async function expectSignedIn(...clients: GraphQLClient[]): Promise<void> {
  for (const client of clients) {
    expect((await client.data(ME)).me).not.toBeNull();
    expect((await client.refresh()).__typename).toBe('Authentication');
  }
}

/** Neither token is good any more, and whoever tries to refresh is told why. */
export async function expectSignedOut(client: GraphQLClient, endReason: string): Promise<void> {
  expect(await errorCodeOf(client.send(ME))).toBe('UNAUTHENTICATED');
  expect(await client.refresh()).toMatchObject({ __typename: 'SessionEndedError', endReason });
}

/** The code of an answer's only error. */
export async function errorCodeOf(answer: Promise<Answer>): Promise<unknown> {
  const { errors } = await answer;
  expect(errors).toHaveLength(1);
  return errors[0]?.extensions['code'];
}
