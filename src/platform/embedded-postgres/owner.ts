import { Client } from 'pg';

/** The server setting that holds the id of the process that started it. */
export const OWNER_SETTING = 'latchkey.owner_pid';

/**
 * Logs in and reads the server's owner; `ownerPid` is null if the server was started manually. Null if the server does
 * not accept logins.
 */
export async function askOwner(url: string): Promise<{ ownerPid: number | null } | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000, query_timeout: 2000 });
  // A server that shuts down breaks the connection; the query then fails too.
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
