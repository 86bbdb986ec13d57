import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the sweeps of idle and expired sessions look for. */
export class SessionSweeps1763790000000 implements MigrationInterface {
  name = 'SessionSweeps1763790000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('CREATE INDEX sessions_idle_idx ON sessions (last_active_at) WHERE ended_at IS NULL');
    await runner.query('CREATE INDEX sessions_expiry_idx ON sessions (expires_at) WHERE ended_at IS NULL');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP INDEX sessions_expiry_idx');
    await runner.query('DROP INDEX sessions_idle_idx');
  }
}
