import type { Actor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import type { EventLog } from '../../core/ports.ts';
import { parseUsername } from './account-names.ts';
import { parseDisplayName } from './display-name.ts';
import { invalidDisplayName, invalidUsername } from './invalid-names.ts';
import type { User } from './user.ts';
import type { ProfileChanges, UserDirectory } from './user-directory.ts';

/** Changes to a profile: `undefined` keeps the value, null clears it. */
export interface ProfileInput {
  readonly username?: string | null | undefined;
  readonly name?: string | null | undefined;
}

export function parseProfileChanges(
  input: ProfileInput,
): { readonly kind: 'parsed'; readonly changes: ProfileChanges } | InvalidInput {
  const username = input.username == null ? input.username : parseUsername(input.username);
  const name = input.name == null ? input.name : parseDisplayName(input.name);
  const fields: InvalidField[] = [];
  if (username === null && input.username !== null) fields.push(invalidUsername(['username']));
  if (name === null && input.name !== null) fields.push(invalidDisplayName(['name']));
  return fields.length > 0
    ? { kind: 'invalid_input', fields }
    : { kind: 'parsed', changes: { username, name } };
}

interface Dependencies {
  readonly users: Pick<UserDirectory, 'updateProfile'>;
  readonly events: EventLog;
}

/**
 * Within a transaction that holds the user's lock. What is as it was has no effect and no event.
 *
 * @throws {UsernameTaken}
 */
export async function changeProfile(
  { users, events }: Dependencies,
  actor: Actor,
  user: User,
  changes: ProfileChanges,
): Promise<User> {
  const changed = changedFields(user, changes);
  if (changed.length === 0) return user;
  const updated = await users.updateProfile(user.id, changes);
  await events.record(eventBy(actor, 'user.profile_updated', { userId: user.id, changed }));
  return updated;
}

function changedFields(user: User, { username, name }: ProfileChanges) {
  const changed: ('username' | 'name')[] = [];
  if (username !== undefined && (username?.text ?? null) !== user.username) changed.push('username');
  if (name !== undefined && name !== user.name) changed.push('name');
  return changed;
}
