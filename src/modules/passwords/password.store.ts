import type { UserId } from '../../core/ids.ts';
import type { Identifier } from '../users/index.ts';
import type { UserWithPassword } from './password.ts';

/** The storage that passwords need. A user's first one is stored as the user is registered: see `UserDirectory`. */
export interface PasswordStore {
  /** A user and their password, in one statement. */
  find(userId: UserId): Promise<UserWithPassword | null>;
  findByIdentifier(identifier: Identifier): Promise<UserWithPassword | null>;
  set(userId: UserId, hash: string): Promise<void>;
  /** Replaces one hash of the same password by a better one, unless the password has changed meanwhile. */
  replaceHash(userId: UserId, from: string, to: string): Promise<void>;
}
