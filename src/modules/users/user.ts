import type { UserId } from '../../core/ids.ts';
import { holds, isSelf, type Principal } from '../../core/principal.ts';

export type AccountStatus = 'ACTIVE' | 'DISABLED';

/** Someone with an account. The password is not among its fields: nothing that reads a user can show one. */
export interface User {
  readonly id: UserId;
  readonly email: string;
  readonly emailVerified: boolean;
  readonly username: string | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly accountStatus: AccountStatus;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Access tokens issued before are refused: the user's rights have changed since. */
  readonly tokensNotBefore: Date | null;
}

/** May this principal read the private fields of that user? */
export function mayReadPrivate(principal: Principal, userId: UserId): boolean {
  const own = isSelf(principal, userId) && holds(principal, 'profile:read');
  return own || holds(principal, 'users:read');
}
