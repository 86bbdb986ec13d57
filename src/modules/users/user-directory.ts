import type { UserId } from '../../core/ids.ts';
import type { AccountName } from './account-names.ts';
import type { User } from './user.ts';

export interface NewUser {
  readonly id: UserId;
  readonly email: AccountName;
  readonly emailVerified: boolean;
  readonly username: AccountName | null;
  readonly name: string | null;
  readonly roles: readonly string[];
}

export type Registration =
  | { readonly kind: 'registered'; readonly user: User }
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' };

/** What other modules do with users, as part of use cases that have authorised it. */
export interface UserDirectory {
  /** The users of these ids that there are, in any order, in one statement. */
  findMany(ids: readonly UserId[]): Promise<User[]>;
  /**
   * Locks these users: nobody else changes them or their sessions until the transaction ends. In one order, so that two
   * transactions that lock several cannot deadlock.
   */
  lockAll(ids: readonly UserId[]): Promise<void>;
  /** Adds a user with a password, in one statement, unless the address or the username is taken. */
  register(user: NewUser, passwordHash: string): Promise<Registration>;
  /** Records that the user was active now. */
  touch(id: UserId): Promise<void>;
}
