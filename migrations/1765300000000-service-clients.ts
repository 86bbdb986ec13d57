import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Programs with an identity of their own, and the assertions by which they authenticated, each of which counts once. */
export class ServiceClients1765300000000 implements MigrationInterface {
  name = 'ServiceClients1765300000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE service_clients (
      id uuid CONSTRAINT service_clients_pkey PRIMARY KEY,
      name text NOT NULL,
      scopes text[] NOT NULL,
      audiences text[] NOT NULL CONSTRAINT service_clients_audiences_check CHECK (cardinality(audiences) > 0),
      acts_for_users boolean NOT NULL,
      credentials jsonb NOT NULL CONSTRAINT service_clients_credentials_check CHECK (jsonb_array_length(credentials) BETWEEN 1 AND 2),
      tokens_not_before timestamptz(3) NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now(),
      disabled_at timestamptz(3))`);
    await runner.query('CREATE UNIQUE INDEX service_clients_name_idx ON service_clients (name)');
    await runner.query(`CREATE TABLE client_assertions (
      client_id uuid NOT NULL,
      jti_digest bytea NOT NULL,
      expires_at timestamptz(3) NOT NULL,
      CONSTRAINT client_assertions_pkey PRIMARY KEY (client_id, jti_digest))`);
    await runner.query('CREATE INDEX client_assertions_expiry_idx ON client_assertions (expires_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE client_assertions');
    await runner.query('DROP TABLE service_clients');
  }
}
