import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from './concurrent-indexes.ts';

/** The indexes by which administrators list users. */
export class UserIndexes1764710000000 implements MigrationInterface {
  name = 'UserIndexes1764710000000';
  /** Concurrently: to build the index for the search takes ten seconds for a million users, during which people sign in. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    const [{ schema }] = await runner.query(
      "SELECT quote_ident(nspname) AS schema FROM pg_extension JOIN pg_namespace n ON n.oid = extnamespace WHERE extname = 'pg_trgm'",
    );
    const indexes = {
      users_created_idx: '(created_at, id)',
      users_disabled_idx: `(created_at, id) WHERE account_status = 'DISABLED'`,
      users_unverified_idx: '(created_at, id) WHERE NOT email_verified',
      users_roles_idx: 'USING gin (roles)',
      users_search_idx: `USING gin (user_search_text(email, email_key, username_key, name) ${schema}.gin_trgm_ops)`,
    };
    for (const [name, definition] of Object.entries(indexes))
      await createIndex(runner, name, `users ${definition}`);
    // Also the statistics of the indexed text, by which the search is planned.
    await runner.query('ANALYZE users');
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const name of ['created', 'disabled', 'unverified', 'roles', 'search'])
      await dropIndex(runner, `users_${name}_idx`);
  }
}
