import { randomBytes } from 'node:crypto';
import { databaseUrl, runAsAdmin } from './database.ts';

/** A database in which nothing has happened yet, for tests of migrating itself. */
export async function createEmptyDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `latchkey_empty_${process.pid}_${randomBytes(4).toString('hex')}`;
  await runAsAdmin((client) => client.query(`CREATE DATABASE ${name} TEMPLATE template0`));
  return {
    url: databaseUrl(name),
    drop: async () => {
      await runAsAdmin((client) => client.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));
    },
  };
}
