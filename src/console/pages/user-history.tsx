import { AuditLog } from '../generated.ts';
import { Refusal } from '../parts/refusal.tsx';
import { Section } from '../parts/section.tsx';
import { useQuery } from '../parts/use-query.ts';
import { useTurn } from '../parts/use-turn.ts';
import { href } from '../route.ts';
import { EventTable } from './event-table.tsx';

const SHOWN = 20;

/** The latest events about the user. They outlive the account. */
export function UserHistory({ userId, turn }: { userId: string; turn: number }) {
  const { data, refused, isLoading, reload } = useQuery(AuditLog, {
    filter: { subjectId: userId },
    first: SHOWN,
    withEmail: true,
  });
  useTurn(turn, reload);
  const events = data?.authEvents;
  return (
    <Section title="History" isLoading={isLoading}>
      <Refusal refused={refused} />
      {events && <EventTable events={events.nodes} isOfOneUser />}
      <p>
        <a href={href('audit', { subject: userId })}>All events about this user</a> ·{' '}
        <a href={href('audit', { actor: userId })}>All that this user did</a>
      </p>
    </Section>
  );
}
