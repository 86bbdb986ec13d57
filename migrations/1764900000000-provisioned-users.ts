import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Tells accounts that an administrator or the operator made, or gave an address, from those that a sign-up made. */
export class ProvisionedUsers1764900000000 implements MigrationInterface {
  name = 'ProvisionedUsers1764900000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    // Invitations of before have no password, and other accounts of operators a role: both are told apart by that.
    await runner.query('ALTER TABLE users ADD COLUMN provisioned boolean NOT NULL DEFAULT false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query("SET LOCAL lock_timeout = '200ms'");
    await runner.query('ALTER TABLE users DROP COLUMN provisioned');
  }
}
