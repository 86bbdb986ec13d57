import { ownSession } from '../api/execute.ts';
import type { Person } from '../api/own-session.ts';
import { href, type Page } from '../route.ts';
import { PAGE_SCOPES } from '../words/scopes.ts';
import { SignOutButton } from './sign-out-button.tsx';
import { UserText } from './user-text.tsx';

interface Props {
  readonly person: Person;
  readonly scopes: ReadonlySet<string>;
  readonly page: Page;
}

const LINKS = { users: 'Users', live: 'Live sessions', audit: 'Audit log' } as const;

export function Header({ person, scopes, page }: Props) {
  const shown = page === 'user' ? 'users' : page;
  const pages = (['users', 'live', 'audit'] as const).filter((name) => scopes.has(PAGE_SCOPES[name]));
  return (
    <header>
      <p class="brand">Latchkey</p>
      {pages.length > 0 && (
        <nav aria-label="Pages">
          {pages.map((name) => (
            <a key={name} href={href(name)} aria-current={name === shown ? 'page' : undefined}>
              {LINKS[name]}
            </a>
          ))}
        </nav>
      )}
      <div class="person">
        <span class="visually-hidden">Signed in as </span>
        <UserText text={person.email ?? person.username ?? person.id} />
        <SignOutButton signOut={() => ownSession.signOut()} />
      </div>
    </header>
  );
}
