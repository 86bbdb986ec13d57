import type { SessionChangeKind } from '../generated.ts';
import { type LiveSessions, MAX_SESSIONS } from '../live/live-sessions.ts';
import type { MinuteCounts } from '../live/minute-counts.ts';

interface Props {
  readonly sessions: LiveSessions;
  readonly lastMinute: MinuteCounts<SessionChangeKind>;
  readonly isListing: boolean;
}

const number = new Intl.NumberFormat();

/** Not a live region: numbers that change all the time would be read out all the time. */
export function LiveCounts({ sessions, lastMinute, isListing }: Props) {
  return (
    <>
      <dl class="counts">
        <Count name="Active" value={sessions.active} note={isListing ? 'loading' : undefined} />
        <Count name="Created in the last minute" value={lastMinute.of('CREATED')} />
        <Count name="Ended in the last minute" value={lastMinute.of('ENDED')} />
        <Count name="Refreshed in the last minute" value={lastMinute.of('REFRESHED')} />
      </dl>
      {sessions.isPartial && (
        <p class="notice">
          Listed are the {number.format(MAX_SESSIONS)} sessions that were active last, and those that have
          changed since.
        </p>
      )}
    </>
  );
}

function Count({ name, value, note }: { name: string; value: number; note?: string | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {number.format(value)} {note !== undefined && <small>{note} …</small>}
      </dd>
    </div>
  );
}
