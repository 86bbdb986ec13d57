import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Numbers the changes of each session, by which those who hear of them can put them in order. */
export class SessionRevisions1765200000000 implements MigrationInterface {
  name = 'SessionRevisions1765200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await runner.query('ALTER TABLE sessions ADD COLUMN revision integer NOT NULL DEFAULT 0');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await runner.query('ALTER TABLE sessions DROP COLUMN revision');
  }
}
