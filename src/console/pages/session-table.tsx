import { EndSession, type SessionLineFragment } from '../generated.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { Badge } from '../parts/badge.tsx';
import { perform } from '../parts/perform.ts';
import { Time } from '../parts/time.tsx';
import { UserText } from '../parts/user-text.tsx';
import { href } from '../route.ts';
import { deviceName } from '../words/devices.ts';
import { endedSentence } from '../words/end-reasons.ts';

interface Props {
  readonly userId: string;
  readonly sessions: readonly SessionLineFragment[];
  readonly mayEnd: boolean;
  readonly mayReadEvents: boolean;
  onChange(): void;
}

export function SessionTable({ userId, sessions, mayEnd, mayReadEvents, onChange }: Props) {
  if (sessions.length === 0) return <p>No such session.</p>;
  return (
    <table class="cards">
      <caption class="visually-hidden">Sessions, latest activity first</caption>
      <thead>
        <tr>
          <th scope="col">Device</th>
          <th scope="col">IP address</th>
          <th scope="col">Signed in</th>
          <th scope="col">Last active</th>
          <th scope="col">State</th>
          <th scope="col">
            <span class="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sessions.map((session) => (
          <tr key={session.id}>
            <th scope="row">
              <Device session={session} />
            </th>
            <td data-label="IP address">{session.ipAddress ?? <span class="none">unknown</span>}</td>
            <td data-label="Signed in">
              <Time at={session.createdAt} />
            </td>
            <td data-label="Last active">
              <Time at={session.lastActiveAt} />
            </td>
            <td data-label="State">
              <State session={session} />
            </td>
            <td class="row-actions">
              {session.status === 'ENDED' && mayReadEvents && (
                <a href={eventAddress(userId, session)}>
                  Event of the end<span class="visually-hidden"> of session {session.id}</span>
                </a>
              )}
              {session.status === 'ACTIVE' && !session.current && mayEnd && (
                <ActionButton
                  label="End session"
                  of={session.id}
                  question={{ title: 'End this session?', text: <>The user is signed out on this device.</> }}
                  run={() => perform(EndSession, { id: session.id }, 'The session has ended.')}
                  onDone={onChange}
                />
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Device({ session: { device, current } }: { session: SessionLineFragment }) {
  return (
    <details>
      <summary>
        {deviceName(device)} {current && <Badge tone="note">this session</Badge>}
      </summary>
      <UserText text={device.userAgent} none="no User-Agent" />
    </details>
  );
}

function State({
  session: { status, endedAt, endReason, expiresAt, idleExpiresAt },
}: {
  session: SessionLineFragment;
}) {
  if (status === 'ACTIVE')
    return (
      <>
        <Badge tone="good">active</Badge> until{' '}
        <Time at={idleExpiresAt < expiresAt ? idleExpiresAt : expiresAt} />
      </>
    );
  return (
    <>
      <Badge tone="bad">ended</Badge> <Time at={endedAt} />: {endReason && endedSentence(endReason)}
    </>
  );
}

const BEFORE_MS = 60_000;
/** A session that timed out is noticed by a sweep, which comes within minutes. */
const AFTER_MS = 600_000;

/** Where the audit log tells why the session ended. */
function eventAddress(userId: string, { id, endedAt }: SessionLineFragment): string {
  const at = Date.parse(endedAt ?? '');
  const near = (milliseconds: number) =>
    Number.isNaN(at) ? null : new Date(at + milliseconds).toISOString();
  return href('audit', {
    subject: userId,
    type: 'session.terminated',
    session: id,
    since: near(-BEFORE_MS),
    until: near(AFTER_MS),
  });
}
