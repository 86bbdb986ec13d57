import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PersonalAccessTokens1763800000000 implements MigrationInterface {
  name = 'PersonalAccessTokens1763800000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE personal_access_tokens (
      id uuid CONSTRAINT personal_access_tokens_pkey PRIMARY KEY,
      user_id uuid NOT NULL
        CONSTRAINT personal_access_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      name text NOT NULL,
      scopes text[] NOT NULL,
      digest bytea NOT NULL,
      hint text NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      last_used_at timestamptz(3),
      last_used_ip_address inet,
      revoked_at timestamptz(3),
      revoke_reason text,
      CONSTRAINT personal_access_tokens_revoked_check CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL)),
      CONSTRAINT personal_access_tokens_scopes_check CHECK (cardinality(scopes) > 0))`);
    await runner.query(
      'CREATE UNIQUE INDEX personal_access_tokens_digest_idx ON personal_access_tokens (digest)',
    );
    await runner.query(
      'CREATE INDEX personal_access_tokens_user_idx ON personal_access_tokens (user_id, created_at, id)',
    );
    await runner.query(`CREATE INDEX personal_access_tokens_revoked_idx ON personal_access_tokens (revoked_at)
      WHERE revoked_at IS NOT NULL`);

    await runner.query('ALTER TABLE users ADD COLUMN tokens_not_before timestamptz(3)');
    await runner.query(`CREATE INDEX users_tokens_not_before_idx ON users (tokens_not_before)
      WHERE tokens_not_before IS NOT NULL`);

    // The lists of an administrator, by what they filter for.
    await runner.query('DROP INDEX sessions_idle_idx');
    await runner.query(
      'CREATE INDEX sessions_live_activity_idx ON sessions (last_active_at, id) WHERE ended_at IS NULL',
    );
    await runner.query(
      'CREATE INDEX sessions_ended_activity_idx ON sessions (last_active_at, id) WHERE ended_at IS NOT NULL',
    );
    await runner.query('CREATE INDEX sessions_activity_idx ON sessions (last_active_at, id)');
    await runner.query('CREATE INDEX sessions_address_idx ON sessions (ip_address, last_active_at, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX sessions_address_idx');
    await runner.query('DROP INDEX sessions_activity_idx');
    await runner.query('DROP INDEX sessions_ended_activity_idx');
    await runner.query('DROP INDEX sessions_live_activity_idx');
    await runner.query('CREATE INDEX sessions_idle_idx ON sessions (last_active_at) WHERE ended_at IS NULL');
    await runner.query('ALTER TABLE users DROP COLUMN tokens_not_before');
    await runner.query('DROP TABLE personal_access_tokens');
  }
}
