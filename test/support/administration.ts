import type { TestApp } from './app.ts';
import { newAccount, PASSWORD } from './client.ts';
import { runSql } from './sql.ts';

// What administrators do to users.

const ERROR = '... on AuthError { code message } ... on AuthInvalidInputError { fields { path code } }';
const USER = 'user { id email emailVerified username name roles accountStatus }';

export const CREATE_USER = `mutation ($input: CreateUserInput!) { createUser(input: $input) { __typename
  ... on UserCreated { ${USER} } ${ERROR} } }`;
export const UPDATE_USER = `mutation ($id: ID!, $input: UpdateUserInput!) { updateUser(id: $id, input: $input) { __typename
  ... on UserUpdated { ${USER} } ${ERROR} } }`;
export const DELETE_USER = `mutation ($id: ID!) { deleteUser(id: $id) { __typename ... on UserDeleted { id }
  ... on AuthError { code } } }`;

/** A new user with these roles, signed in. */
export async function signInWithRoles(app: TestApp, ...roles: string[]) {
  const account = newAccount();
  const { user } = await app.client().signup(account);
  await runSql(app.databaseUrl, 'UPDATE users SET roles = $2 WHERE id = $1', [user.id, roles]);
  const client = app.client();
  const { session } = await client.login({ identifier: account.email, password: PASSWORD });
  return { ...account, client, id: user.id, sessionId: session.id };
}
