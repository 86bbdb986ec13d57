import type { SessionChangeKind } from '../generated.ts';
import type { LiveRow } from '../live/live-sessions.ts';
import { Badge } from '../parts/badge.tsx';
import { Time } from '../parts/time.tsx';
import { useVirtualRows } from '../parts/use-virtual-rows.ts';
import { UserLink } from '../parts/user-link.tsx';
import { deviceName } from '../words/devices.ts';
import { endedSentence } from '../words/end-reasons.ts';

const CHANGES: Readonly<Record<string, string>> = {
  CREATED: 'created',
  REFRESHED: 'refreshed',
  ACTIVITY: 'active',
  ENDED: 'ended',
} satisfies Partial<Record<SessionChangeKind, string>>;

/** A table of any length of which only the rows in view exist. Assistive technology is told the number of all. */
export function LiveTable({ rows }: { rows: readonly LiveRow[] }) {
  const { viewport, first, last, rowHeight } = useVirtualRows(rows.length);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: without a mouse it is scrolled by the keys, which needs the focus (WCAG 2.1.1)
    <section class="live-rows" ref={viewport} tabIndex={0} aria-label="Sessions, newest change first">
      <table aria-rowcount={rows.length + 1}>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">User</th>
            <th scope="col">Change</th>
            <th scope="col">Time</th>
            <th scope="col">Device</th>
            <th scope="col">IP address</th>
          </tr>
        </thead>
        <tbody style={{ height: `${rows.length * rowHeight}px` }}>
          {rows.slice(first, last).map((row, index) => (
            <Row key={row.session.id} row={row} index={first + index} top={(first + index) * rowHeight} />
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <p>No session matches.</p>}
    </section>
  );
}

function Row({ row, index, top }: { row: LiveRow; index: number; top: number }) {
  const { session, kind, at } = row;
  return (
    // By the script: the policy of the page permits no style attributes.
    <tr aria-rowindex={index + 2} style={{ transform: `translateY(${top}px)` }}>
      <th scope="row">
        <UserLink user={session.user} />
      </th>
      <td>
        {session.status === 'ENDED' ? (
          <Badge tone="bad">ended</Badge>
        ) : (
          <Badge tone={kind === 'CREATED' ? 'note' : 'good'}>
            {CHANGES[kind ?? 'ACTIVITY'] ?? 'changed'}
          </Badge>
        )}{' '}
        {session.endReason !== null && <span class="reason">{endedSentence(session.endReason)}</span>}
      </td>
      <td>
        <Time at={at} isBrief />
      </td>
      <td>{deviceName(session.device)}</td>
      <td>{session.ipAddress ?? <span class="none">unknown</span>}</td>
    </tr>
  );
}
