import type { UserId } from '../../core/ids.ts';
import type { ImportedUser } from './imported-user.ts';

/** With the id that it is to have. */
export interface IdentifiedUser extends ImportedUser {
  readonly id: UserId;
}

/** What other users have already, of what some users would have. */
export interface Taken {
  /** Keys of e-mail addresses and usernames. */
  readonly emails: ReadonlySet<string>;
  readonly usernames: ReadonlySet<string>;
  readonly ids: ReadonlySet<string>;
}

/** Storage of imported users. */
export interface ImportedUserStore {
  findTaken(users: readonly ImportedUser[]): Promise<Taken>;
  /** Inserts users and their passwords in one statement, except those of whom another has something. Returns who was inserted. */
  add(users: readonly IdentifiedUser[]): Promise<ReadonlySet<UserId>>;
}
