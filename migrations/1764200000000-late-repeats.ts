import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tells a client that lost a reply from a thief, when a refresh token is used again after its grace. */
export class LateRepeats1764200000000 implements MigrationInterface {
  name = 'LateRepeats1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions
      ADD COLUMN rotated_ip_address inet,
      ADD COLUMN rotated_user_agent text,
      ADD COLUMN late_repeated_at timestamptz[] NOT NULL DEFAULT '{}'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE sessions
      DROP COLUMN late_repeated_at, DROP COLUMN rotated_user_agent, DROP COLUMN rotated_ip_address`);
  }
}
