import { eventually } from './eventually.ts';
import { runSql } from './sql.ts';

/**
 * How many refusals of one type and of one user, or by one, are in the audit log, as soon as there are so many. They are
 * counted first and written later, in one row or several.
 */
export async function refusalsWritten(
  databaseUrl: string,
  type: string,
  userId: string,
  atLeast: number,
): Promise<Record<string, unknown>> {
  const sql = `SELECT count(*)::int AS rows, coalesce(sum((data->>'count')::int), 0)::int AS refusals,
      jsonb_agg(DISTINCT data - 'count') AS data
    FROM events WHERE type = $1 AND (actor_id = $2 OR subject_id = $2)`;
  let found: Record<string, unknown> = {};
  await eventually(async () => {
    [found = {}] = await runSql(databaseUrl, sql, [type, userId]);
    return Number(found['refusals']) >= atLeast;
  });
  return { refusals: found['refusals'], data: found['data'] };
}
