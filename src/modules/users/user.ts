import type { UserId } from '../../core/ids.ts';
import { holds, isSelf, type Reader } from '../../core/principal.ts';
import { parseEmail } from './account-names.ts';

export type AccountStatus = 'ACTIVE' | 'DISABLED';

/** A user account. It has no password field, so that reading a user cannot expose one. */
export interface User {
  readonly id: UserId;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly accountStatus: AccountStatus;
  /** Whether an administrator or the operator made the account or set its address, and not a sign-up. */
  readonly isProvisioned: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Access tokens issued before this time are refused; set when the user's roles change. */
  readonly tokensNotBefore: Date | null;
}

/** The fields that other subgraphs mostly ask for. To read a thousand whole rows takes three times as long. */
export const PROFILE = ['id', 'username', 'name'] as const satisfies (keyof User)[];

export type Profile = Pick<User, (typeof PROFILE)[number]>;

/** The canonical form of a user's address, to which messages go. */
export function emailKeyOf({ email }: Pick<User, 'email'>): string {
  const parsed = parseEmail(email);
  if (parsed === null) throw new Error('a stored e-mail address is invalid');
  return parsed.key;
}

/** Whether the principal may read the private fields of this user. */
export function mayReadPrivate(principal: Reader, userId: UserId): boolean {
  const own = isSelf(principal, userId) && holds(principal, 'profile:read');
  return own || holds(principal, 'users:read');
}
