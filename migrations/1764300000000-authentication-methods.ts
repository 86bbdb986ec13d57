import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Records how, and when, the user of a session was authenticated. Replicas of the version before rely on `authenticated_at`
 * and its default, and on the default of the new column: the old column and the new default can go a release later.
 */
export class AuthenticationMethods1764300000000 implements MigrationInterface {
  name = 'AuthenticationMethods1764300000000';

  /** In one transaction the table would stay locked while it is filled. An interrupted migration is done again. */
  transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions ADD COLUMN IF NOT EXISTS authentication_methods jsonb');
    await runner.query(`ALTER TABLE sessions ALTER COLUMN authentication_methods SET DEFAULT
      jsonb_build_array(jsonb_build_object('method', 'pwd', 'completedAt', now()))`);
    while ((await this.#fillSome(runner)) > 0);
    await runner.query('ALTER TABLE sessions ALTER COLUMN authentication_methods SET NOT NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE sessions DROP COLUMN authentication_methods');
  }

  /** Few rows at a time: a refresh that waits for one of them gives up after two seconds. */
  async #fillSome(runner: QueryRunner): Promise<number> {
    const { affected } = await runner.query(
      `UPDATE sessions SET authentication_methods =
         jsonb_build_array(jsonb_build_object('method', 'pwd', 'completedAt', authenticated_at))
       WHERE id IN (SELECT id FROM sessions WHERE authentication_methods IS NULL LIMIT 2000)`,
      [],
      true,
    );
    return affected ?? 0;
  }
}
