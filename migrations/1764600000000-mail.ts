import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages and what leads to them, one-time tokens, reserved usernames; sessions outlive their user for some minutes. */
export class Mail1764600000000 implements MigrationInterface {
  name = 'Mail1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    // At once, in the order in which sign-ins of running replicas lock them. Statements that lock in another order queue behind this
    // one while it waits: it gives up soon, and is repeated.
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await runner.query('LOCK TABLE users, sessions, personal_access_tokens IN ACCESS EXCLUSIVE MODE');
    await runner.query(`CREATE TABLE deferred_requests (
      id uuid CONSTRAINT deferred_requests_pkey PRIMARY KEY,
      kind text NOT NULL,
      data jsonb NOT NULL,
      origin jsonb NOT NULL,
      attempts integer NOT NULL DEFAULT 0,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      due_at timestamptz(3) NOT NULL DEFAULT now())`);
    await runner.query('CREATE INDEX deferred_requests_due_idx ON deferred_requests (due_at)');

    // Without a foreign key: the message that an account was deleted is sent after it.
    await runner.query(`CREATE TABLE mails (
      id uuid CONSTRAINT mails_pkey PRIMARY KEY,
      kind text NOT NULL,
      user_id uuid,
      recipient text NOT NULL,
      languages text,
      data jsonb NOT NULL,
      token_id uuid,
      attempts integer NOT NULL DEFAULT 0,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      due_at timestamptz(3) NOT NULL DEFAULT now(),
      sent_at timestamptz(3),
      failed_at timestamptz(3),
      failure text,
      CONSTRAINT mails_end_check CHECK (sent_at IS NULL OR failed_at IS NULL))`);
    await runner.query(
      'CREATE INDEX mails_due_idx ON mails (due_at) WHERE sent_at IS NULL AND failed_at IS NULL',
    );
    await runner.query('CREATE INDEX mails_created_idx ON mails (created_at)');
    await runner.query('CREATE INDEX mails_user_idx ON mails (user_id, created_at)');
    await runner.query('CREATE INDEX mails_recipient_idx ON mails (recipient, created_at)');
    await runner.query(
      'CREATE INDEX mails_ownerless_idx ON mails (created_at) WHERE user_id IS NULL AND sent_at IS NOT NULL',
    );

    await runner.query(`CREATE TABLE one_time_tokens (
      id uuid CONSTRAINT one_time_tokens_pkey PRIMARY KEY,
      user_id uuid NOT NULL CONSTRAINT one_time_tokens_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      purpose text NOT NULL,
      salt bytea NOT NULL,
      digest bytea NOT NULL,
      email_key text NOT NULL,
      data jsonb,
      expires_at timestamptz(3) NOT NULL)`);
    // One of each purpose: a newer one replaces the older.
    await runner.query('CREATE UNIQUE INDEX one_time_tokens_user_idx ON one_time_tokens (user_id, purpose)');
    await runner.query('CREATE UNIQUE INDEX one_time_tokens_digest_idx ON one_time_tokens (digest)');
    await runner.query('CREATE INDEX one_time_tokens_expiry_idx ON one_time_tokens (expires_at)');

    await runner.query(`CREATE TABLE username_reservations (
      username_key text CONSTRAINT username_reservations_pkey PRIMARY KEY,
      email_key text NOT NULL,
      expires_at timestamptz(3) NOT NULL)`);
    await runner.query('CREATE INDEX username_reservations_expiry_idx ON username_reservations (expires_at)');

    await runner.query(
      'ALTER TABLE personal_access_tokens ADD COLUMN expiry_notices integer NOT NULL DEFAULT 0',
    );
    await runner.query(
      'CREATE INDEX personal_access_tokens_expiry_idx ON personal_access_tokens (expires_at) WHERE revoked_at IS NULL',
    );

    // Streams report the end of a session of a deleted account.
    await runner.query('ALTER TABLE sessions DROP CONSTRAINT sessions_user_id_fkey');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DELETE FROM sessions WHERE NOT EXISTS (SELECT FROM users WHERE id = user_id)');
    await runner.query(`ALTER TABLE sessions
      ADD CONSTRAINT sessions_user_id_fkey FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE`);
    await runner.query('DROP INDEX personal_access_tokens_expiry_idx');
    await runner.query('ALTER TABLE personal_access_tokens DROP COLUMN expiry_notices');
    await runner.query('DROP TABLE username_reservations');
    await runner.query('DROP TABLE one_time_tokens');
    await runner.query('DROP TABLE mails');
    await runner.query('DROP TABLE deferred_requests');
  }
}
