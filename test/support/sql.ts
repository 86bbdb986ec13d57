import { Pool } from 'pg';

/** Looks into a database, or sets it up as no API would. */
export async function runSql(
  url: string,
  sql: string,
  parameters: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const pool = pools.get(url) ?? openPool(url);
  return (await pool.query(sql, parameters)).rows;
}

const pools = new Map<string, Pool>();

/** Its connections end with the database, and keep no process alive. */
function openPool(url: string): Pool {
  const pool = new Pool({ connectionString: url, allowExitOnIdle: true });
  pool.on('error', () => undefined);
  pools.set(url, pool);
  return pool;
}
