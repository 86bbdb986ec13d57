import type { UserId } from '../../core/ids.ts';
import type { AccountName } from './account-names.ts';
import type { Profile, User } from './user.ts';
import type { UserDirectory } from './user-directory.ts';

/** Changes to a profile: `undefined` keeps the value, null clears it. */
export interface ProfileChanges {
  readonly username?: AccountName | null;
  readonly name?: string | null;
}

/** Thrown by `updateProfile` if another user has the username, so that the transaction rolls back. */
export class UsernameTaken extends Error {}

/** Storage of users. */
export interface UserStore extends UserDirectory {
  /** As `findMany`, the profiles only. */
  findProfiles(ids: readonly UserId[]): Promise<Profile[]>;
  /** @throws {UsernameTaken} */
  updateProfile(id: UserId, changes: ProfileChanges): Promise<User | null>;
  /** Also sets `tokensNotBefore` 3 s ahead: covers clock skew and a refresh that just read the old roles. */
  setRoles(id: UserId, roles: readonly string[]): Promise<User | null>;
  /** The times of these users' last activity, in one statement. */
  lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
}
