import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Lockouts1764500000000 implements MigrationInterface {
  name = 'Lockouts1764500000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE lockouts (
      digest text CONSTRAINT lockouts_pkey PRIMARY KEY,
      failures integer NOT NULL,
      locks integer NOT NULL,
      locked_until timestamptz(3),
      attempted_at timestamptz(3) NOT NULL)`);
    await runner.query('CREATE INDEX lockouts_attempted_idx ON lockouts (attempted_at)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE lockouts');
  }
}
