import type { UserId } from '../../core/ids.ts';
import type { Identifier } from '../users/index.ts';
import type { UserWithPassword } from './password.ts';

/** Storage of passwords. `UserDirectory.register` stores a user's first one. */
export interface PasswordStore {
  /** A user and their password, in one statement. */
  find(userId: UserId): Promise<UserWithPassword | null>;
  /**
   * Locks a user with a password, and the password, until the transaction ends, and reads both as they are then. Null if
   * there is no such user, or no password.
   */
  lock(userId: UserId): Promise<UserWithPassword | null>;
  findByIdentifier(identifier: Identifier): Promise<UserWithPassword | null>;
  set(userId: UserId, hash: string): Promise<void>;
  /** The numbers of our hashes by the id of their pepper. */
  countByPepper(): Promise<ReadonlyMap<string, number>>;
  /** Replaces a hash by another of the same password, unless the password has changed meanwhile. */
  replaceHash(userId: UserId, from: string, to: string): Promise<void>;
}
