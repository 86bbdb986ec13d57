import type { JsonValue } from '../../core/json.ts';
import type { AccountName, User, UserDirectory } from '../users/index.ts';
import type { PasswordStore } from './password.store.ts';

/** A sign-up whose address is not confirmed yet. It is kept with the token that confirms it. */
export type PendingSignup = {
  readonly passwordHash: string;
  readonly username: AccountNameAsJson | null;
  readonly name: string | null;
};

type AccountNameAsJson = { readonly [P in keyof AccountName]: string };

interface Dependencies {
  readonly users: Pick<UserDirectory, 'completeSignup'>;
  readonly store: Pick<PasswordStore, 'set'>;
}

/**
 * Applies the sign-up that the owner of the address has confirmed. Of several with one address its password is the one that stays,
 * so that nobody signs in with the password of another (pre-hijacking). Within a transaction that holds the user's lock.
 */
export async function completeSignup(
  { users, store }: Dependencies,
  { id }: User,
  pending: JsonValue,
): Promise<void> {
  const { passwordHash, username, name } = pending as PendingSignup;
  await store.set(id, passwordHash);
  await users.completeSignup(id, { username, name });
}
