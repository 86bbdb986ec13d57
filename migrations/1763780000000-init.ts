import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Init1763780000000 implements MigrationInterface {
  name = 'Init1763780000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE users (
      id uuid CONSTRAINT users_pkey PRIMARY KEY,
      email text NOT NULL,
      email_key text NOT NULL,
      email_verified boolean NOT NULL DEFAULT false,
      username text,
      username_key text,
      name text,
      roles text[] NOT NULL,
      account_status text NOT NULL DEFAULT 'ACTIVE',
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      updated_at timestamptz(3) NOT NULL DEFAULT now(),
      last_active_at timestamptz(3),
      CONSTRAINT users_account_status_check CHECK (account_status IN ('ACTIVE', 'DISABLED')))`);
    await runner.query('CREATE UNIQUE INDEX users_email_key_idx ON users (email_key)');
    await runner.query('CREATE UNIQUE INDEX users_username_key_idx ON users (username_key)');

    // Apart from the user, so that no read of a user can carry a hash.
    await runner.query(`CREATE TABLE passwords (
      user_id uuid CONSTRAINT passwords_pkey PRIMARY KEY
        CONSTRAINT passwords_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      hash text NOT NULL,
      changed_at timestamptz(3) NOT NULL DEFAULT now())`);

    await runner.query(`CREATE TABLE sessions (
      id uuid CONSTRAINT sessions_pkey PRIMARY KEY,
      user_id uuid NOT NULL CONSTRAINT sessions_user_id_fkey REFERENCES users (id) ON DELETE CASCADE,
      refresh_salt bytea NOT NULL,
      refresh_token_transport text NOT NULL,
      generation integer NOT NULL DEFAULT 0,
      confirmed_generation integer NOT NULL DEFAULT 0,
      rotated_at timestamptz(3),
      previous_rotated_at timestamptz(3),
      ip_address inet,
      user_agent text,
      authenticated_at timestamptz(3) NOT NULL DEFAULT now(),
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      last_active_at timestamptz(3) NOT NULL DEFAULT now(),
      expires_at timestamptz(3) NOT NULL,
      ended_at timestamptz(3),
      end_reason text,
      CONSTRAINT sessions_ended_check CHECK ((ended_at IS NULL) = (end_reason IS NULL)),
      CONSTRAINT sessions_transport_check CHECK (refresh_token_transport IN ('BODY', 'COOKIE')))`);
    await runner.query(
      'CREATE INDEX sessions_user_live_idx ON sessions (user_id, created_at) WHERE ended_at IS NULL',
    );
    await runner.query('CREATE INDEX sessions_user_activity_idx ON sessions (user_id, last_active_at, id)');
    await runner.query(
      'CREATE INDEX sessions_ended_at_idx ON sessions (ended_at) WHERE ended_at IS NOT NULL',
    );

    // Ids without foreign keys: what happened outlives the account that it happened to.
    await runner.query(`CREATE TABLE events (
      id uuid CONSTRAINT events_pkey PRIMARY KEY,
      type text NOT NULL,
      outcome text NOT NULL,
      actor_id uuid,
      subject_id uuid,
      session_id uuid,
      request_id text,
      ip_address inet,
      user_agent text,
      data jsonb NOT NULL DEFAULT '{}',
      kept boolean NOT NULL,
      occurred_at timestamptz(3) NOT NULL DEFAULT now(),
      CONSTRAINT events_outcome_check CHECK (outcome IN ('SUCCESS', 'FAILURE')))`);
    await runner.query('CREATE INDEX events_subject_idx ON events (subject_id, occurred_at, id) WHERE kept');
    await runner.query(`CREATE TABLE event_outbox (
      sequence bigserial CONSTRAINT event_outbox_pkey PRIMARY KEY,
      event_id uuid NOT NULL CONSTRAINT event_outbox_event_id_fkey REFERENCES events (id) ON DELETE CASCADE)`);
    await runner.query('CREATE UNIQUE INDEX event_outbox_event_id_idx ON event_outbox (event_id)');

    await runner.query(`CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        -- Retention sets this for its own transaction; events that are only published go once they are.
        IF TG_OP = 'DELETE' AND (NOT OLD.kept OR current_setting('latchkey.retention', true) = 'on') THEN
          RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the audit log is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await runner.query(`CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events
      FOR EACH ROW EXECUTE FUNCTION refuse_event_change()`);
    await runner.query(`CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events
      FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change()`);

    await runner.query(`CREATE TABLE secret_fingerprints (
      setting text NOT NULL,
      fingerprint text NOT NULL,
      first_seen_at timestamptz(3) NOT NULL DEFAULT now(),
      CONSTRAINT secret_fingerprints_pkey PRIMARY KEY (setting, fingerprint))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE secret_fingerprints');
    await runner.query('DROP TABLE event_outbox');
    await runner.query('DROP TABLE events');
    await runner.query('DROP FUNCTION refuse_event_change');
    await runner.query('DROP TABLE sessions');
    await runner.query('DROP TABLE passwords');
    await runner.query('DROP TABLE users');
  }
}
