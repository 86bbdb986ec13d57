import type { QueryRunner } from 'typeorm';

/** Builds an index while others write. Not in a transaction: the migration sets `transaction = false`. */
export async function createIndex(runner: QueryRunner, name: string, definition: string): Promise<void> {
  // What an interrupted attempt left behind.
  const invalid = await runner.query(
    `SELECT FROM pg_index WHERE indexrelid = to_regclass($1) AND NOT indisvalid`,
    [name],
  );
  if (invalid.length > 0) await dropIndex(runner, name);
  await runner.query(`CREATE INDEX CONCURRENTLY IF NOT EXISTS ${name} ON ${definition}`);
}

export async function dropIndex(runner: QueryRunner, name: string): Promise<void> {
  await runner.query(`DROP INDEX CONCURRENTLY IF EXISTS ${name}`);
}
