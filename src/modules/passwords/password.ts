import type { User } from '../users/index.ts';

/** A user and their stored password, if any. */
export interface UserWithPassword {
  readonly user: User;
  readonly password: StoredPassword | null;
}

export interface StoredPassword {
  readonly hash: string;
  /** Identifies the password: a rehash does not change this time. */
  readonly changedAt: Date;
}
