import type { UserId } from '../../core/ids.ts';
import type { AccountName, Identifier } from './account-names.ts';
import type { User } from './user.ts';
import type { UserDirectory } from './user-directory.ts';

/** What `undefined` leaves as it is and null clears. */
export interface ProfileChanges {
  readonly username?: AccountName | null;
  readonly name?: string | null;
}

/** Thrown by `updateProfile`, so that its transaction rolls back, where the username belongs to someone else. */
export class UsernameTaken extends Error {}

/** The storage that accounts need. */
export interface UserStore extends UserDirectory {
  findByIdentifier(identifier: Identifier): Promise<User | null>;
  /** @throws {UsernameTaken} */
  updateProfile(id: UserId, changes: ProfileChanges): Promise<User | null>;
  /**
   * Access tokens that say otherwise are refused from now on: those dated up to 3 s ahead too, for a replica's clock may
   * be, and a refresh may have read the old roles a moment ago.
   */
  setRoles(id: UserId, roles: readonly string[]): Promise<User | null>;
  /** When each of these users was last heard of; in one statement. */
  lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
}
