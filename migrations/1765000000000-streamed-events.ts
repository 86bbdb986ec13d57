import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keeps the events of session streams for some minutes after their publication, so that a stream can be resumed. */
export class StreamedEvents1765000000000 implements MigrationInterface {
  name = 'StreamedEvents1765000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE streamed_events (
      event_id uuid CONSTRAINT streamed_events_pkey PRIMARY KEY,
      position bigint NOT NULL,
      user_id uuid NOT NULL,
      type text NOT NULL,
      data jsonb NOT NULL,
      occurred_at timestamptz(3) NOT NULL,
      recorded_at timestamptz(3) NOT NULL DEFAULT now())`);
    await runner.query('CREATE INDEX streamed_events_position_idx ON streamed_events (position)');
    await runner.query('CREATE INDEX streamed_events_user_idx ON streamed_events (user_id, position)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE streamed_events');
  }
}
