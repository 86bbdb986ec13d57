import { EVENT_TYPES } from '../event-types.ts';
import type { AuditLogQuery } from '../generated.ts';
import { Badge } from '../parts/badge.tsx';
import { Time } from '../parts/time.tsx';
import { UserLink } from '../parts/user-link.tsx';
import { UserText } from '../parts/user-text.tsx';
import { endedSentence } from '../words/end-reasons.ts';

export type AuthEvent = NonNullable<AuditLogQuery['authEvents']>['nodes'][number];

interface Props {
  readonly events: readonly AuthEvent[];
  /** Whom they are about is clear. */
  readonly isOfOneUser?: boolean;
}

export function EventTable({ events, isOfOneUser = false }: Props) {
  if (events.length === 0) return <p>No event matches.</p>;
  return (
    <table class="cards events">
      <caption class="visually-hidden">Events, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Event</th>
          <th scope="col">When</th>
          <th scope="col">Outcome</th>
          {!isOfOneUser && <th scope="col">User</th>}
          <th scope="col">Caused by</th>
          <th scope="col">IP address</th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <th scope="row">
              <Event event={event} />
            </th>
            <td data-label="When">
              <Time at={event.occurredAt} />
            </td>
            <td data-label="Outcome">
              {event.outcome === 'SUCCESS' ? (
                <Badge tone="good">done</Badge>
              ) : (
                <Badge tone="bad">refused</Badge>
              )}
            </td>
            {!isOfOneUser && (
              <td data-label="User">
                <Party id={event.subjectId} user={event.subject} />
              </td>
            )}
            <td data-label="Caused by">
              <Party id={event.actorId} user={event.actor} />
            </td>
            <td data-label="IP address">{event.ipAddress ?? <span class="none">none</span>}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** Its type, its reason if it has one, and on demand the rest. */
function Event({ event }: { event: AuthEvent }) {
  return (
    <details>
      <summary>
        <code>{event.type}</code> <Reason event={event} />
      </summary>
      {EVENT_TYPES[event.type] !== undefined && <p>{EVENT_TYPES[event.type]}</p>}
      <dl class="small">
        <Fact name="Session" text={event.sessionId} />
        <Fact name="Request" text={event.requestId} />
        <Fact name="User-Agent" text={event.userAgent} />
        <Fact name="Event" text={event.id} />
      </dl>
      {hasFacts(event.details) && (
        <pre>
          <bdi>{JSON.stringify(event.details, null, 2)}</bdi>
        </pre>
      )}
    </details>
  );
}

function Reason({ event: { type, details } }: { event: AuthEvent }) {
  const reason = hasFacts(details) ? details['reason'] : undefined;
  if (typeof reason !== 'string') return null;
  const isEnd = type.startsWith('session') || type === 'personal_access_token.revoked';
  return <span class="reason">{isEnd ? endedSentence(reason) : reason}</span>;
}

function Fact({ name, text }: { name: string; text: string | null }) {
  if (text === null) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <UserText text={text} />
      </dd>
    </div>
  );
}

/** A user who may have been deleted since, or nobody. */
function Party({ id, user }: { id: string | null; user: AuthEvent['actor'] }) {
  if (user !== null) return <UserLink user={user} />;
  if (id === null) return <span class="none">system or unknown</span>;
  return (
    <>
      deleted user <code>{id}</code>
    </>
  );
}

function hasFacts(details: unknown): details is Readonly<Record<string, unknown>> {
  return typeof details === 'object' && details !== null && Object.keys(details).length > 0;
}
