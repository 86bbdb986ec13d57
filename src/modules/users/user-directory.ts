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

/** Operations on users for other modules, whose use cases authorise them. */
export interface UserDirectory {
  /** The existing users of these ids, in any order, in one statement. */
  findMany(ids: readonly UserId[]): Promise<User[]>;
  /**
   * Locks these users and, by convention, their sessions until the transaction ends. Locks in the order of ids, so that
   * two transactions that lock several users cannot deadlock.
   */
  lockAll(ids: readonly UserId[]): Promise<void>;
  /** Inserts a user with a password, in one statement, unless the e-mail address or username is taken. */
  register(user: NewUser, passwordHash: string): Promise<Registration>;
}
