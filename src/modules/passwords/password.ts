import type { User } from '../users/index.ts';

/** A user with what a password is checked against. */
export interface UserWithPassword {
  readonly user: User;
  readonly password: StoredPassword | null;
}

export interface StoredPassword {
  readonly hash: string;
  /** Tells whether the password is still the one that was checked; a mere re-hash does not change it. */
  readonly changedAt: Date;
}
