import pg from 'pg';
import { graphql, PASSWORD, signup } from './client.ts';

/** Signs up an administrator, and returns the access token. */
export async function signInAdministrator(url: string, databaseUrl: string): Promise<string> {
  const { user } = await signup(url, 'admin@example.com');
  await withClient(databaseUrl, (client) =>
    client.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]),
  );
  const { login } = await graphql<{ login: { accessToken: string } }>(
    url,
    `mutation { login(input: { identifier: "admin@example.com", password: "${PASSWORD}" }) {
      ... on Authentication { accessToken } } }`,
  );
  return login.accessToken;
}

export async function withClient<T>(
  databaseUrl: string,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
