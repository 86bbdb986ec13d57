import { useState } from 'preact/hooks';
import { UserProfile } from '../generated.ts';
import { PageHeading } from '../parts/page-heading.tsx';
import { Refusal } from '../parts/refusal.tsx';
import { useQuery } from '../parts/use-query.ts';
import { UserText } from '../parts/user-text.tsx';
import { UserHistory } from './user-history.tsx';
import { UserProfileSection } from './user-profile-section.tsx';
import { UserSessionsSection } from './user-sessions-section.tsx';
import { UserTokensSection } from './user-tokens-section.tsx';

const NO_SUCH_USER = 'There is no user of this id.';
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

interface Props {
  readonly id: string;
  readonly isSelf: boolean;
  readonly params: URLSearchParams;
  readonly scopes: ReadonlySet<string>;
}

/** One user: who it is, what is open, what has happened. */
export function UserPage(props: Props) {
  if (UUID.test(props.id)) return <UserOfId {...props} />;
  // Each query would be refused.
  return (
    <>
      <Crumbs />
      <PageHeading title="User" />
      <p>{NO_SUCH_USER}</p>
    </>
  );
}

function UserOfId({ id, isSelf, params, scopes }: Props) {
  // Whatever is changed on this page may change each part of it.
  const [turn, setTurn] = useState(0);
  const { data, refused, isLoading, reload } = useQuery(UserProfile, { id });
  const changed = () => {
    reload();
    setTurn((count) => count + 1);
  };
  const user = data?.user;
  const who = user ? (user.email ?? user.username ?? user.id) : null;
  return (
    <>
      <Crumbs />
      <PageHeading title="User">{who !== null ? <UserText text={who} /> : 'User'}</PageHeading>
      <Refusal refused={refused} />
      {data !== null && user === null && !isLoading && <p>{NO_SUCH_USER}</p>}
      {user && (
        <>
          <UserProfileSection user={user} mayWrite={scopes.has('users:write')} onChange={changed} />
          {scopes.has('sessions:read:any') && (
            <UserSessionsSection
              userId={id}
              isSelf={isSelf}
              params={params}
              turn={turn}
              mayEnd={scopes.has('sessions:write:any')}
              mayReadEvents={scopes.has('audit:read')}
              onChange={changed}
            />
          )}
          {scopes.has('tokens:write:any') && (
            <UserTokensSection userId={id} params={params} turn={turn} onChange={changed} />
          )}
        </>
      )}
      {scopes.has('audit:read') && <UserHistory userId={id} turn={turn} />}
    </>
  );
}

function Crumbs() {
  return (
    <p class="crumbs">
      <a href="#/users">Users</a>
    </p>
  );
}
