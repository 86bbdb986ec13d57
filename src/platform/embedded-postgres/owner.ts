import { Client } from 'pg';

/** The process that started a server is written into the server as this setting of its own. */
export const OWNER_SETTING = 'latchkey.owner_pid';

/**
 * Logs in and asks who owns the server: null pid when it was started by hand. Null: it takes no logins (yet).
 */
export async function askOwner(url: string): Promise<{ ownerPid: number | null } | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 2000 });
  // A server that leaves breaks the connection; the query's own failure tells all there is to know.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ owner: string | null }>(
      'SELECT current_setting($1, true) AS owner',
      [OWNER_SETTING],
    );
    const owner = rows[0]?.owner ?? null;
    return { ownerPid: owner === null ? null : Number(owner) };
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}
