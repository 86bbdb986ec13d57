import { eventually } from './eventually.ts';
import { runSql } from './sql.ts';

/** Resolves once so many statements, of this pattern, wait for a lock in the database. */
export function untilLockWaits(url: string, count = 1, statements = '%'): Promise<void> {
  const sql = `SELECT FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE $1`;
  return eventually(async () => (await runSql(url, sql, [statements])).length >= count);
}
