import type { MigrationInterface, QueryRunner } from 'typeorm';
import { OperatorError } from '../src/core/operator-error.ts';

/** The text by which administrators search users, and whose account each lock is of. */
export class UserSearch1764700000000 implements MigrationInterface {
  name = 'UserSearch1764700000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await createExtension(runner);
    // Each part follows a Q, which no other capital does: so an index of trigrams finds beginnings, even of one letter. Only text
    // that is not ASCII costs a normalisation; of an address with such a domain, the key has another form than people read.
    await runner.query(`CREATE FUNCTION user_search_text(email text, email_key text, username_key text, name text)
      RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
      SELECT E'\\nQ' || email_key
        || CASE WHEN octet_length(email) = length(email) THEN '' ELSE E'\\nQ' || lower(email) END
        || E'\\nQ' || coalesce(username_key, '')
        || E'\\nQ' || CASE WHEN name IS NULL THEN ''
          WHEN octet_length(name) = length(name) THEN lower(name)
          ELSE replace(lower(normalize(name, NFKC)), 'ς', 'σ') END $$`);
    await runner.query('ALTER TABLE lockouts ADD COLUMN user_id uuid');
    await runner.query(
      'CREATE INDEX lockouts_user_idx ON lockouts (user_id, locked_until) WHERE user_id IS NOT NULL',
    );
  }

  /** The extension stays: the database may use it otherwise. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await runner.query('ALTER TABLE lockouts DROP COLUMN user_id');
    await runner.query('DROP FUNCTION user_search_text');
  }
}

/** Since PostgreSQL 13 whoever may create in the database may create this extension. */
async function createExtension(runner: QueryRunner): Promise<void> {
  const [existing] = await runner.query("SELECT FROM pg_extension WHERE extname = 'pg_trgm'");
  if (existing !== undefined) return;
  try {
    await runner.query('CREATE EXTENSION pg_trgm');
  } catch (cause) {
    throw new OperatorError(
      'The extension pg_trgm is missing, by which users are searched. It is part of PostgreSQL (package postgresql-contrib): install ' +
        'it on the server if necessary, then run CREATE EXTENSION pg_trgm in this database as a role that may create in it.',
      { cause },
    );
  }
}
