import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A message that was sent can fail later: it bounces. */
export class Bounces1764650000000 implements MigrationInterface {
  name = 'Bounces1764650000000';

  async up(runner: QueryRunner): Promise<void> {
    // Statements queue behind this one while it waits: it gives up soon, and is repeated.
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await runner.query('ALTER TABLE mails DROP CONSTRAINT mails_end_check');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'UPDATE mails SET failed_at = NULL, failure = NULL WHERE sent_at IS NOT NULL AND failed_at IS NOT NULL',
    );
    await runner.query(
      'ALTER TABLE mails ADD CONSTRAINT mails_end_check CHECK (sent_at IS NULL OR failed_at IS NULL)',
    );
  }
}
