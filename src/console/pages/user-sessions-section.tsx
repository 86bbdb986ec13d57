import { EndOtherSessions, EndUserSessions, type SessionStatus, UserSessions } from '../generated.ts';
import { ActionButton } from '../parts/action-button.tsx';
import { filterBy, pageOf } from '../parts/filters.ts';
import { Pager } from '../parts/pager.tsx';
import { perform } from '../parts/perform.ts';
import { Refusal } from '../parts/refusal.tsx';
import { Section } from '../parts/section.tsx';
import { Select } from '../parts/select.tsx';
import { useQuery } from '../parts/use-query.ts';
import { useTurn } from '../parts/use-turn.ts';
import { SessionTable } from './session-table.tsx';

interface Props {
  readonly userId: string;
  readonly isSelf: boolean;
  readonly params: URLSearchParams;
  readonly turn: number;
  readonly mayEnd: boolean;
  readonly mayReadEvents: boolean;
  onChange(): void;
}

const PAGE_SIZE = 20;

export function UserSessionsSection({
  userId,
  isSelf,
  params,
  turn,
  mayEnd,
  mayReadEvents,
  onChange,
}: Props) {
  const shown = params.get('sessions') ?? 'ACTIVE';
  const status: SessionStatus | null = shown === 'ACTIVE' || shown === 'ENDED' ? shown : null;
  const after = params.get('after');
  const { data, refused, isLoading, reload } = useQuery(UserSessions, {
    id: userId,
    status,
    first: PAGE_SIZE,
    after,
  });
  useTurn(turn, reload);
  const sessions = data?.user?.sessions;
  const path = `users/${userId}`;
  return (
    <Section title="Sessions" isLoading={isLoading}>
      <div class="filters">
        <Select
          label="Sessions that are"
          value={shown}
          options={{ ACTIVE: 'active', ENDED: 'ended', ALL: 'active or ended' }}
          onPick={(value) => filterBy(path, 'sessions', value)}
        />
        {mayEnd && (isSelf ? <EndOthers onDone={onChange} /> : <EndAll userId={userId} onDone={onChange} />)}
      </div>
      <Refusal refused={refused} />
      {sessions && (
        <>
          <SessionTable
            userId={userId}
            sessions={sessions.nodes}
            mayEnd={mayEnd}
            mayReadEvents={mayReadEvents}
            onChange={onChange}
          />
          <Pager
            of="sessions"
            page={sessions.pageInfo}
            after={after}
            hrefOf={(cursor) => pageOf(path, params, cursor)}
          />
        </>
      )}
    </Section>
  );
}

function EndAll({ userId, onDone }: { userId: string; onDone(): void }) {
  return (
    <ActionButton
      label="End all sessions"
      question={{ title: 'End all sessions of this user?', text: 'The user is signed out on every device.' }}
      run={() => perform(EndUserSessions, { userId }, (data) => endedText(data.terminateUserSessions.count))}
      onDone={onDone}
    />
  );
}

/** One's own sessions but this one: ending this one too would end the work here. */
function EndOthers({ onDone }: { onDone(): void }) {
  return (
    <ActionButton
      label="End my other sessions"
      question={{ title: 'End your other sessions?', text: 'You stay signed in here only.' }}
      run={() =>
        perform(EndOtherSessions, {}, ({ terminateOtherSessions: result }) =>
          endedText('count' in result ? result.count : 0),
        )
      }
      onDone={onDone}
    />
  );
}

function endedText(count: number): string {
  return count === 1 ? '1 session has ended.' : `${count} sessions have ended.`;
}
