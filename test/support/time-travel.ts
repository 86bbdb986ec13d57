import type { Clock } from '../../src/core/clock.ts';
import { runSql } from './sql.ts';

/** The clock of a machine, which a test may set. */
export class SettableClock implements Clock {
  aheadMs = 0;

  constructor(aheadSeconds = 0) {
    this.setAhead(aheadSeconds);
  }

  setAhead(seconds: number): void {
    this.aheadMs = seconds * 1_000;
  }

  now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }
}

/** Moves every time of a session into the past: to the session it is as if `seconds` had passed. */
export async function rewind(databaseUrl: string, sessionId: string, seconds: number): Promise<void> {
  const rows = await runSql(databaseUrl, `${rewindSessionsWhere('id')} RETURNING id`, [sessionId, seconds]);
  if (rows.length !== 1) throw new Error('there is no such session to rewind');
}

/** The statement behind `rewind` for sessions whose `column` is $1, by $2 seconds. */
export function rewindSessionsWhere(column: 'id' | 'user_id'): string {
  const moved = TIMES.map((time) => `${time} = ${time} - make_interval(secs => $2)`);
  moved.push(
    'late_repeated_at = ARRAY(SELECT at - make_interval(secs => $2) FROM unnest(late_repeated_at) AS at)',
  );
  moved.push(`authentication_methods = (
    SELECT jsonb_agg(jsonb_set(proof, '{completedAt}', to_jsonb((proof->>'completedAt')::timestamptz - make_interval(secs => $2))))
    FROM jsonb_array_elements(authentication_methods) AS proof)`);
  return `UPDATE sessions SET ${moved.join(', ')} WHERE ${column} = $1`;
}

const TIMES = [
  'authenticated_at',
  'created_at',
  'last_active_at',
  'expires_at',
  'rotated_at',
  'previous_rotated_at',
  'ended_at',
];
