import { randomBytes } from 'node:crypto';
import { GraphQLClient, PASSWORD } from '../../../../test/support/client.ts';

interface Graph {
  /** The router that the tests are about, without path. */
  readonly routerUrl: string;
  /** Where the subgraphs answer GraphQL themselves. */
  readonly authUrl: string;
  readonly tasksUrl: string;
  readonly routerSecret: string;
  /** Of Latchkey's access tokens. */
  readonly issuer: string;
  readonly signingKey: string;
}

export const graph: Graph = JSON.parse(process.env['GRAPH_UNDER_TEST'] ?? 'null');

/** Someone with an account, signed in through the router. */
export interface Visitor {
  readonly client: GraphQLClient;
  readonly account: { email: string; username: string; password: string };
  readonly userId: string;
  readonly sessionId: string;
}

export const client = () => new GraphQLClient(graph.routerUrl);

/** An account that no other test has. */
export function newAccount(): Visitor['account'] {
  const username = `u${randomBytes(8).toString('hex')}`;
  return { username, email: `${username}@example.com`, password: PASSWORD };
}

export async function signUp(): Promise<Visitor> {
  const visitor = client();
  const account = newAccount();
  const { user, session } = await visitor.signup(account);
  return { client: visitor, account, userId: user.id, sessionId: session.id };
}

/** The same person on another device. */
export async function signInAgain({ account, userId }: Visitor): Promise<Visitor> {
  const device = client();
  const { session } = await device.login({ identifier: account.email, password: account.password });
  return { client: device, account, userId, sessionId: session.id };
}

export const CREATE_TASK = 'mutation ($title: String!) { createTask(title: $title) { id title } }';
export const TERMINATE = `mutation ($id: ID!) { terminateSession(id: $id) { __typename
  ... on SessionsTerminated { count sessions { id endReason } } ... on AuthError { code message } } }`;
export const LOGOUT = 'mutation ($input: LogoutInput) { logout(input: $input) { count } }';
