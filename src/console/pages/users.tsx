import { useEffect } from 'preact/hooks';
import { UserCount, type UserFilter, Users } from '../generated.ts';
import { announce } from '../parts/announcements.tsx';
import { filterBy, pageOf } from '../parts/filters.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { Pager } from '../parts/pager.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { Select } from '../parts/select.tsx';
import { TextField } from '../parts/text-field.tsx';
import { useQuery } from '../parts/use-query.ts';
import { UserTable } from './user-table.tsx';

const PAGE_SIZE = 25;
/** What text needs to be found in the middle too: the API matches other text with beginnings only. */
const FOUND_ANYWHERE = /[\p{L}\p{N}]{3}/u;

export function UsersPage({ params }: { params: URLSearchParams }) {
  const filter = filterOf(params);
  const after = params.get('after');
  const { data, refused, isLoading } = useQuery(Users, { filter, first: PAGE_SIZE, after });
  const count = useQuery(UserCount, { filter });
  const users = data?.users;
  const total = count.data?.users?.totalCount ?? null;
  useEffect(() => {
    if (!count.isLoading && total !== null) announce(countText(total));
  }, [total, count.isLoading]);
  const search = params.get('search') ?? '';
  const set = (name: string) => (value: string) => filterBy('users', name, value);

  return (
    <>
      <PageHeading title="Users" />
      <search class="filters">
        <TextField
          label="Part of the email address, username or name"
          type="search"
          value={search}
          hint={
            search === '' || FOUND_ANYWHERE.test(search)
              ? undefined
              : 'Finds beginnings only. Three letters or digits in a row are found anywhere.'
          }
          onSettled={set('search')}
        />
        <Select
          label="Account"
          value={params.get('status') ?? ''}
          options={{ '': 'any', ACTIVE: 'active', DISABLED: 'disabled' }}
          onPick={set('status')}
        />
        <Select
          label="Lock"
          value={params.get('locked') ?? ''}
          options={{ '': 'any', true: 'locked', false: 'not locked' }}
          onPick={set('locked')}
        />
        <Select
          label="Email address"
          value={params.get('verified') ?? ''}
          options={{ '': 'any', true: 'confirmed', false: 'not confirmed' }}
          onPick={set('verified')}
        />
        <TextField label="Role" value={params.get('role') ?? ''} onSettled={set('role')} />
      </search>
      <Refusal refused={refused} />
      {total !== null && <p class="count">{countText(total)}</p>}
      {users && (
        <div aria-busy={isLoading}>
          <UserTable users={users.nodes} />
          <Pager
            of="users"
            page={users.pageInfo}
            after={after}
            hrefOf={(cursor) => pageOf('users', params, cursor)}
          />
        </div>
      )}
      {!users && isLoading && <p>Loading …</p>}
    </>
  );
}

function countText(total: number): string {
  return total === 1 ? '1 user' : `${total} users`;
}

function filterOf(params: URLSearchParams): UserFilter {
  const status = params.get('status');
  return {
    search: params.get('search') || null,
    accountStatus: status === 'ACTIVE' || status === 'DISABLED' ? status : null,
    locked: booleanOf(params.get('locked')),
    emailVerified: booleanOf(params.get('verified')),
    role: params.get('role') || null,
  };
}

function booleanOf(text: string | null): boolean | null {
  return text === 'true' ? true : text === 'false' ? false : null;
}
