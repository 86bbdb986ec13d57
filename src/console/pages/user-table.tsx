import type { UserLineFragment } from '../generated.ts';
import { Time } from '../parts/time.tsx';
import { UserLink } from '../parts/user-link.tsx';
import { UserText } from '../parts/user-text.tsx';
import { UserStates } from './user-states.tsx';

export function UserTable({ users }: { users: readonly UserLineFragment[] }) {
  if (users.length === 0) return <p>No user matches.</p>;
  return (
    <table class="cards">
      <caption class="visually-hidden">Users, newest first</caption>
      <thead>
        <tr>
          <th scope="col">Email address</th>
          <th scope="col">Username</th>
          <th scope="col">Name</th>
          <th scope="col">Account</th>
          <th scope="col">Roles</th>
          <th scope="col">Last active</th>
          <th scope="col">Created</th>
        </tr>
      </thead>
      <tbody>
        {users.map((user) => (
          <tr key={user.id}>
            <th scope="row">
              <UserLink user={user} />
            </th>
            <td data-label="Username">
              <UserText text={user.username} />
            </td>
            <td data-label="Name">
              <UserText text={user.name} />
            </td>
            <td data-label="Account">
              <UserStates user={user} />
            </td>
            <td data-label="Roles">{user.roles?.join(', ')}</td>
            <td data-label="Last active">
              <Time at={user.lastActiveAt} />
            </td>
            <td data-label="Created">
              <Time at={user.createdAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
