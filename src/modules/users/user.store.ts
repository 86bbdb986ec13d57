import type { UserId } from '../../core/ids.ts';
import type { Profile } from './user.ts';
import type { UserDirectory } from './user-directory.ts';

/** Storage of users. */
export interface UserStore extends UserDirectory {
  /** As `findMany`, the profiles only. */
  findProfiles(ids: readonly UserId[]): Promise<Profile[]>;
  /** The times of these users' last activity, in one statement. */
  lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
}
