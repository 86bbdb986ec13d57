import { runSql } from './sql.ts';

/** Whatever reads or writes this table while `work` runs fails, by an error that nobody expects. */
export async function withoutTable<T>(
  databaseUrl: string,
  table: string,
  work: () => Promise<T>,
): Promise<T> {
  await runSql(databaseUrl, `ALTER TABLE ${table} RENAME TO mislaid`);
  try {
    return await work();
  } finally {
    await runSql(databaseUrl, `ALTER TABLE mislaid RENAME TO ${table}`);
  }
}
