import { parseId, type UserId } from '../../core/ids.ts';
import { type AccountName, type Identifier, parseIdentifier } from './account-names.ts';
import type { AccountStatus, User } from './user.ts';

export interface NewUser {
  readonly id: UserId;
  readonly email: AccountName;
  readonly emailVerified: boolean;
  readonly username: AccountName | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly isProvisioned: boolean;
}

export type Registration =
  | { readonly kind: 'registered'; readonly user: User }
  | { readonly kind: 'email_taken' }
  | { readonly kind: 'username_taken' };

/** Thrown if another user has the e-mail address, so that the transaction rolls back. */
export class EmailTaken extends Error {}

/** Changes to a profile: `undefined` keeps the value, null clears it. */
export interface ProfileChanges {
  readonly username?: AccountName | null | undefined;
  readonly name?: string | null | undefined;
}

/** Thrown by `updateProfile` if another user has the username, so that the transaction rolls back. */
export class UsernameTaken extends Error {}

/** A user whose access tokens from before are refused. */
export interface UserOfNewRoles extends User {
  readonly tokensNotBefore: Date;
}

/** Operations on users for other modules, whose use cases authorise them. */
export interface UserDirectory {
  /** The existing users of these ids, in any order, in one statement. */
  findMany(ids: readonly UserId[]): Promise<User[]>;
  /**
   * Locks these users and, by convention, their sessions until the transaction ends. Locks in the order of ids, so that
   * two transactions that lock several users cannot deadlock.
   */
  lockAll(ids: readonly UserId[]): Promise<void>;
  findByIdentifier(identifier: Identifier): Promise<User | null>;
  /** Locks a user until the transaction ends, and reads it as it is then. */
  lock(id: UserId): Promise<User | null>;
  /** Inserts a user, with a password if given, in one statement, unless the e-mail address or username is taken. */
  register(user: NewUser, passwordHash: string | null): Promise<Registration>;
  /** Marks the e-mail address as confirmed. The user must be locked. */
  confirmEmail(id: UserId): Promise<User>;
  /**
   * Sets an e-mail address, and whether it is confirmed; one that is not makes the account a provisioned one. The user must be locked.
   *
   * @throws {EmailTaken}
   */
  changeEmail(id: UserId, email: AccountName, isVerified: boolean): Promise<User>;
  /** The user must be locked. @throws {UsernameTaken} */
  updateProfile(id: UserId, changes: ProfileChanges): Promise<User>;
  /**
   * Also sets `tokensNotBefore` 3 s ahead: covers clock skew and a refresh that just read the old roles. The user must be locked.
   */
  setRoles(id: UserId, roles: readonly string[]): Promise<UserOfNewRoles>;
  /** The user must be locked. */
  setStatus(id: UserId, status: AccountStatus): Promise<User>;
  /**
   * Sets what the sign-up of an address that is confirmed now has asked for. The username stays empty if another user has it by
   * now, or reserved it after this reservation ended.
   */
  completeSignup(
    id: UserId,
    profile: { readonly username: AccountName | null; readonly name: string | null },
  ): Promise<void>;
  /** Deletes a user and all that belongs to it, except sessions and events. */
  delete(id: UserId): Promise<void>;
}

/** The user of an e-mail address, a username or an id, as an operator types it; null if there is none. */
export async function findByText(
  users: Pick<UserDirectory, 'findByIdentifier' | 'findMany'>,
  text: string,
): Promise<User | null> {
  const id = parseId<UserId>(text);
  if (id !== null) return (await users.findMany([id]))[0] ?? null;
  const identifier = parseIdentifier(text);
  return identifier && users.findByIdentifier(identifier);
}

/** Locks the active user of an e-mail address until the transaction ends; null if there is none. */
export async function lockActiveByEmail(
  users: Pick<UserDirectory, 'findByIdentifier' | 'lock'>,
  emailKey: string,
): Promise<User | null> {
  const found = await users.findByIdentifier({ kind: 'email', key: emailKey });
  const user = found && (await users.lock(found.id));
  return user?.accountStatus === 'ACTIVE' ? user : null;
}
