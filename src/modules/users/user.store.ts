import type { UserId } from '../../core/ids.ts';
import type { AccountName, Identifier } from './account-names.ts';
import type { User, UserWithPassword } from './user.ts';

export interface NewUser {
  readonly id: UserId;
  readonly email: AccountName;
  readonly emailVerified: boolean;
  readonly username: AccountName | null;
  readonly name: string | null;
  readonly roles: readonly string[];
}

/** What `undefined` leaves as it is and null clears. */
export interface ProfileChanges {
  readonly username?: AccountName | null;
  readonly name?: string | null;
}

export type Registration =
  | { readonly kind: 'registered'; readonly user: User }
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' };

/** Thrown by `updateProfile`, so that its transaction rolls back, where the username belongs to someone else. */
export class UsernameTaken extends Error {}

/** The storage that accounts need. */
export interface UserStore {
  /** The users of these ids that there are, in any order, in one statement. */
  findMany(ids: readonly UserId[]): Promise<User[]>;
  findByIdentifier(identifier: Identifier): Promise<UserWithPassword | null>;
  findWithPassword(id: UserId): Promise<UserWithPassword | null>;
  /** As `findWithPassword`, and nobody else changes the user or their sessions until the transaction ends. */
  lock(id: UserId): Promise<UserWithPassword | null>;
  /** Locks these users as `lock` does, in one order, so that two transactions that lock several cannot deadlock. */
  lockAll(ids: readonly UserId[]): Promise<void>;
  /** Adds a user with a password, unless the address or the username is taken. */
  register(user: NewUser, passwordHash: string): Promise<Registration>;
  /** @throws {UsernameTaken} */
  updateProfile(id: UserId, changes: ProfileChanges): Promise<User | null>;
  setPassword(id: UserId, passwordHash: string): Promise<void>;
  /** Replaces one hash of the same password by a better one, unless the password has changed meanwhile. */
  replaceHash(id: UserId, from: string, to: string): Promise<void>;
  /**
   * Access tokens that say otherwise are refused from now on: those dated up to 3 s ahead too, for a replica's clock may
   * be, and a refresh may have read the old roles a moment ago.
   */
  setRoles(id: UserId, roles: readonly string[]): Promise<User | null>;
  /** When each of these users was last heard of; in one statement. */
  lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
  /** Remembers that the user was heard of now. */
  touch(id: UserId): Promise<void>;
}
