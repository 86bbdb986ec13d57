import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { published } from './published.ts';

export const ADMIN_URL_VARIABLE = 'LATCHKEY_TEST_ADMIN_URL';
export const TEMPLATE_VARIABLE = 'LATCHKEY_TEST_TEMPLATE';

/** A migrated, empty database of the caller's own: one per test file. */
export async function createTestDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const template = published(TEMPLATE_VARIABLE);
  const name = `${template}_${randomBytes(4).toString('hex')}`;
  await runAsAdmin(async (client) => {
    const { rows } = await client.query<{ version: number }>(
      "SELECT current_setting('server_version_num')::int AS version",
    );
    // Copying files beats logging every block where fsync is off. PostgreSQL before 15 knew no other way, and
    // no option.
    const strategy = (rows[0]?.version ?? 0) >= 150_000 ? 'STRATEGY file_copy' : '';
    await client.query(`CREATE DATABASE ${name} TEMPLATE ${template} ${strategy}`);
  });
  return {
    url: databaseUrl(name),
    drop: async () => {
      await runAsAdmin((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}

export function databaseUrl(name: string): string {
  const url = new URL(published(ADMIN_URL_VARIABLE));
  url.pathname = `/${name}`;
  return url.href;
}

export async function runAsAdmin<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: published(ADMIN_URL_VARIABLE) });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
