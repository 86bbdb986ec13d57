import { ownSession } from './api/execute.ts';
import type { Presence } from './api/own-session.ts';
import { AuditPage } from './pages/audit.tsx';
import { LivePage } from './pages/live.tsx';
import { NoScopesPage } from './pages/no-scopes.tsx';
import { SignInPage } from './pages/sign-in.tsx';
import { UserPage } from './pages/user.tsx';
import { UsersPage } from './pages/users.tsx';
import { Announcements } from './parts/announcements.tsx';
import { Header } from './parts/header.tsx';
import { PageHeading } from './parts/page-heading.tsx';
import { useValue } from './parts/use-value.ts';
import { type Route, route } from './route.ts';
import { PAGE_SCOPES } from './words/scopes.ts';

export function App() {
  const presence = useValue(ownSession.presence);
  const named = useValue(route);
  const shown = presence.kind === 'signed in' ? homeOf(named, presence.scopes) : named;
  return (
    <>
      {/* No link: the fragment names the page that is shown. */}
      <button type="button" class="skip-link" onClick={() => document.getElementById('main')?.focus()}>
        Skip to the content
      </button>
      {presence.kind === 'signed in' && (
        <Header person={presence.person} scopes={presence.scopes} page={shown.page} />
      )}
      <main id="main" tabIndex={-1}>
        <Content presence={presence} shown={shown} />
      </main>
      <Announcements />
    </>
  );
}

/** The route itself, unless it names no page. */
function homeOf(named: Route, scopes: ReadonlySet<string>): Route {
  const pages = ['users', 'live', 'audit'] as const;
  const page = pages.find((candidate) => scopes.has(PAGE_SCOPES[candidate])) ?? 'users';
  return named.page === 'home' ? { ...named, page } : named;
}

function Content({ presence, shown }: { presence: Presence; shown: Route }) {
  switch (presence.kind) {
    case 'starting':
      return <p>Loading …</p>;
    case 'signed out':
      return <SignInPage reason={presence.reason} />;
    case 'signed in':
      return <SignedIn scopes={presence.scopes} person={presence.person.id} shown={shown} />;
    default:
      return presence satisfies never;
  }
}

interface SignedInProps {
  readonly scopes: ReadonlySet<string>;
  readonly person: string;
  readonly shown: Route;
}

function SignedIn({ scopes, person, shown }: SignedInProps) {
  const isAllowed = (page: keyof typeof PAGE_SCOPES) => scopes.has(PAGE_SCOPES[page]);
  if (!isAllowed('users') && !isAllowed('live') && !isAllowed('audit')) return <NoScopesPage />;
  // Without it, asking for an address is an error for each user.
  const withEmail = isAllowed('users');
  const { page, id, params } = shown;
  switch (page) {
    case 'home':
    case 'users':
      return isAllowed('users') ? <UsersPage params={params} /> : <Forbidden scope={PAGE_SCOPES.users} />;
    case 'user':
      if (!isAllowed('users')) return <Forbidden scope={PAGE_SCOPES.users} />;
      return <UserPage key={id} id={id} isSelf={id === person} params={params} scopes={scopes} />;
    case 'live':
      return isAllowed('live') ? (
        <LivePage key={String(withEmail)} params={params} withEmail={withEmail} />
      ) : (
        <Forbidden scope={PAGE_SCOPES.live} />
      );
    case 'audit':
      return isAllowed('audit') ? (
        <AuditPage params={params} withEmail={withEmail} />
      ) : (
        <Forbidden scope={PAGE_SCOPES.audit} />
      );
    case 'unknown':
      return (
        <>
          <PageHeading title="No such page" />
          <p>
            <a href="#/users">Users</a>
          </p>
        </>
      );
    default:
      return page satisfies never;
  }
}

function Forbidden({ scope }: { scope: string }) {
  return (
    <>
      <PageHeading title="Not permitted" />
      <p>
        This page requires the scope <code>{scope}</code>, which your roles do not grant.
      </p>
    </>
  );
}
