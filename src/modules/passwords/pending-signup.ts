import type { UserActor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { JsonValue } from '../../core/json.ts';
import type { EventLog } from '../../core/ports.ts';
import type { AccountName, UserDirectory } from '../users/index.ts';
import type { PasswordStore } from './password.store.ts';

/** What a sign-up with a password asks for, beside its address. */
export type PasswordSignup = {
  readonly passwordHash: string;
  readonly username: AccountName | null;
  readonly name: string | null;
};

interface Dependencies {
  readonly users: Pick<UserDirectory, 'completeSignup'>;
  readonly store: Pick<PasswordStore, 'find' | 'set'>;
  readonly events: EventLog;
}

/**
 * Applies the sign-up that the owner of the address has confirmed. Of several with one address its password is the one that stays,
 * so that nobody signs in with the password of another (pre-hijacking). Within a transaction that holds the user's lock.
 */
export async function completeSignup(
  { users, store, events }: Dependencies,
  owner: UserActor,
  signup: JsonValue,
): Promise<void> {
  const { passwordHash, username, name } = signup as PasswordSignup;
  const { userId } = owner;
  const before = await store.find(userId);
  await store.set(userId, passwordHash);
  await users.completeSignup(userId, { username, name });
  if (before?.password?.hash !== passwordHash)
    await events.record(eventBy(owner, 'user.password_reset', { userId }));
}
