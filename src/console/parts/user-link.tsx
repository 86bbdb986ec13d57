import { href } from '../route.ts';
import { UserText } from './user-text.tsx';

interface Props {
  readonly user: { readonly id: string; readonly email?: string | null; readonly username?: string | null };
}

/** A user by the first of address, username and id, with a link to the user's page. */
export function UserLink({ user }: Props) {
  return (
    <a href={href(`users/${user.id}`)}>
      <UserText text={user.email ?? user.username ?? user.id} />
    </a>
  );
}
