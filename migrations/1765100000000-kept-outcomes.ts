import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keeps the outcomes of requests with an idempotency key for some minutes, encrypted, so that they can be repeated. */
export class KeptOutcomes1765100000000 implements MigrationInterface {
  name = 'KeptOutcomes1765100000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE kept_outcomes (
      id bytea CONSTRAINT kept_outcomes_pkey PRIMARY KEY,
      sealed bytea NOT NULL,
      created_at timestamptz(3) NOT NULL DEFAULT now())`);
    await runner.query('CREATE INDEX kept_outcomes_created_idx ON kept_outcomes (created_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE kept_outcomes');
  }
}
