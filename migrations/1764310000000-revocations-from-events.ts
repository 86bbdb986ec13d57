import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets the revocation feed read the latest events of some types, in place of the rows of what they revoke. */
export class RevocationsFromEvents1764310000000 implements MigrationInterface {
  name = 'RevocationsFromEvents1764310000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX events_type_idx ON events (type, occurred_at) WHERE kept');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX events_type_idx');
  }
}
