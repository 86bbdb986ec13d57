import type { UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import type { AccountStatus, User } from './user.ts';

/** A part of an e-mail address, username or name, in NFKC. */
export interface UserSearch {
  readonly text: string;
  readonly matches: 'anywhere' | 'beginnings';
}

/** Conditions for listed users, combined with AND. Null: any. */
export interface UserFilter {
  readonly search: UserSearch | null;
  readonly accountStatus: AccountStatus | null;
  readonly locked: boolean | null;
  readonly role: string | null;
  readonly emailVerified: boolean | null;
}

/** `UserFilter` with the users who are locked now. */
export interface UserConditions extends Omit<UserFilter, 'locked'> {
  readonly locked: { readonly is: boolean; readonly userIds: readonly UserId[] } | null;
}

/** Storage of users, as administrators list them. */
export interface UserListStore {
  /** A page of users, newest first, plus one if there are more. */
  list(conditions: UserConditions, page: PageRequest): Promise<User[]>;
  count(conditions: UserConditions): Promise<number>;
}
