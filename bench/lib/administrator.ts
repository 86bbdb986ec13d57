import { graphql, PASSWORD, signup } from './client.ts';
import { withClient } from './database.ts';

/** Signs up an administrator, and returns the access token. */
export async function signInAdministrator(
  url: string,
  databaseUrl: string,
  email = 'admin@example.com',
): Promise<string> {
  const { user } = await signup(url, email);
  await withClient(databaseUrl, (client) =>
    client.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]),
  );
  const { login } = await graphql<{ login: { accessToken: string } }>(
    url,
    `mutation { login(input: { identifier: "${email}", password: "${PASSWORD}" }) {
      ... on Authentication { accessToken } } }`,
  );
  return login.accessToken;
}
