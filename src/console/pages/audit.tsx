import { EVENT_TYPES } from '../event-types.ts';
import { AuditLog, type AuthEventFilter } from '../generated.ts';
import { filterBy, pageOf } from '../parts/filters.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pager } from '../parts/pager.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { Select } from '../parts/select.tsx';
import { TextField } from '../parts/text-field.tsx';
import { useQuery } from '../parts/use-query.ts';
import { href } from '../route.ts';
import { fromInput, toInput } from '../words/times.ts';
import { EventTable } from './event-table.tsx';

const PAGE_SIZE = 50;
/** Of one session: the API has no filter for it, so the page picks its events from those of the user at that time. */
const PAGE_SIZE_OF_SESSION = 100;

interface Props {
  readonly params: URLSearchParams;
  /** Whether the person may read the addresses of users. */
  readonly withEmail: boolean;
}

export function AuditPage({ params, withEmail }: Props) {
  const after = params.get('after');
  const session = params.get('session');
  const { data, refused, isLoading } = useQuery(AuditLog, {
    filter: filterOf(params),
    first: session === null ? PAGE_SIZE : PAGE_SIZE_OF_SESSION,
    after,
    withEmail,
  });
  const events = data?.authEvents;
  const set = (name: string) => (value: string) => filterBy('audit', name, value);
  const setTime = (name: string) => (value: string) => {
    const time = fromInput(value);
    if (time !== null) set(name)(time);
  };
  const type = params.get('type') ?? '';
  return (
    <>
      <PageHeading title="Audit log" />
      <search class="filters">
        <Select label="Type" value={type} options={typeOptions(type)} onPick={set('type')} />
        <Select
          label="Outcome"
          value={params.get('outcome') ?? ''}
          options={{ '': 'any', SUCCESS: 'done', FAILURE: 'refused' }}
          onPick={set('outcome')}
        />
        <TextField label="Id of the user" value={params.get('subject') ?? ''} onSettled={set('subject')} />
        <TextField label="Id of who caused it" value={params.get('actor') ?? ''} onSettled={set('actor')} />
        <TextField
          label="From"
          type="datetime-local"
          value={toInput(params.get('since'))}
          onSettled={setTime('since')}
        />
        <TextField
          label="Until"
          type="datetime-local"
          value={toInput(params.get('until'))}
          onSettled={setTime('until')}
        />
      </search>
      {session !== null && (
        <p class="notice">
          Only events of the session <code>{session}</code>.{' '}
          {events?.pageInfo.hasNextPage === true && 'The next page may have more of them. '}
          <a href={href('audit', { ...Object.fromEntries(params), session: null })}>
            Show those of others too
          </a>
        </p>
      )}
      <Refusal refused={refused} />
      {events && (
        <div aria-busy={isLoading}>
          <EventTable
            events={
              session === null ? events.nodes : events.nodes.filter(({ sessionId }) => sessionId === session)
            }
          />
          <Pager
            of="events"
            page={events.pageInfo}
            after={after}
            hrefOf={(cursor) => pageOf('audit', params, cursor)}
          />
        </div>
      )}
      {!events && isLoading && <p>Loading …</p>}
    </>
  );
}

/** A type that this page does not know yet can be in its address. */
function typeOptions(type: string): Record<string, string> {
  const known = Object.keys(EVENT_TYPES);
  const types = type === '' || known.includes(type) ? known : [...known, type];
  return { '': 'any', ...Object.fromEntries(types.map((name) => [name, name])) };
}

function filterOf(params: URLSearchParams): AuthEventFilter {
  const type = params.get('type');
  const outcome = params.get('outcome');
  return {
    types: type ? [type] : null,
    outcome: outcome === 'SUCCESS' || outcome === 'FAILURE' ? outcome : null,
    subjectId: params.get('subject') || null,
    actorId: params.get('actor') || null,
    since: params.get('since') || null,
    until: params.get('until') || null,
  };
}
