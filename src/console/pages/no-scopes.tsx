import { PageHeading } from '../parts/page-heading.tsx';

export function NoScopesPage() {
  return (
    <>
      <PageHeading title="Administrators only" />
      <p>
        You are signed in, but the console requires administrators' scopes, such as <code>users:read</code>,
        and your roles grant none of them. Sign out to use another account.
      </p>
    </>
  );
}
