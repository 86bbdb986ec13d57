import { EntitySchema } from 'typeorm';
import type { EventId, UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';

/** An event that was published to session streams. */
export interface StreamedEventRow {
  readonly eventId: EventId;
  readonly position: string;
  readonly userId: UserId;
  readonly type: string;
  readonly data: { readonly [name: string]: JsonValue };
  readonly occurredAt: Date;
  readonly recordedAt: Date;
}

export const StreamedEventEntity = new EntitySchema<StreamedEventRow>({
  name: 'StreamedEvent',
  tableName: 'streamed_events',
  columns: {
    eventId: {
      name: 'event_id',
      type: 'uuid',
      primary: true,
      primaryKeyConstraintName: 'streamed_events_pkey',
    },
    position: { type: 'bigint' },
    userId: { name: 'user_id', type: 'uuid' },
    type: { type: 'text' },
    data: { type: 'jsonb' },
    occurredAt: { name: 'occurred_at', type: 'timestamptz', precision: 3 },
    recordedAt: { name: 'recorded_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
  },
  indices: [
    { name: 'streamed_events_position_idx', columns: ['position'] },
    { name: 'streamed_events_user_idx', columns: ['userId', 'position'] },
  ],
});
