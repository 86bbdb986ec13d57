import type { UserId } from '../../core/ids.ts';
import type { Profile } from './user.ts';
import type { UserDirectory, UserOfNewRoles } from './user-directory.ts';

/** Storage of users. */
export interface UserStore extends UserDirectory {
  /** As `findMany`, the profiles only. */
  findProfiles(ids: readonly UserId[]): Promise<Profile[]>;
  /** Has access tokens refused from before these times, of the users whose row has no such time, and returns those users. */
  refuseTokensAgain(
    users: readonly { readonly id: UserId; readonly notBefore: Date }[],
  ): Promise<UserOfNewRoles[]>;
  /** The times of these users' last activity, in one statement. */
  lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>>;
}
