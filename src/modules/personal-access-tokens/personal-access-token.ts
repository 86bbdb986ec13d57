import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { ScopeName } from '../../core/scopes.ts';

export type PersonalAccessTokenStatus = 'ACTIVE' | 'EXPIRED' | 'REVOKED';

/** Why a token was revoked. */
export type RevokeReason =
  | 'REVOKED'
  | 'ROTATED'
  | 'LEAKED'
  | 'PASSWORD_CHANGED'
  | 'EMAIL_VERIFIED'
  | 'ACCOUNT_DISABLED'
  | 'ACCOUNT_DELETED';

/** A stored personal access token: a credential for scripts. The token itself is not stored. */
export interface PersonalAccessToken {
  readonly id: PersonalAccessTokenId;
  readonly userId: UserId;
  readonly name: string;
  readonly scopes: readonly ScopeName[];
  readonly digest: Buffer;
  readonly hint: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  readonly lastUsedAt: Date | null;
  readonly lastUsedIpAddress: string | null;
  readonly revokedAt: Date | null;
  readonly revokeReason: RevokeReason | null;
  /** The database's time at which the row was read. */
  readonly readAt: Date;
}

export function statusOf({ revokedAt, expiresAt, readAt }: PersonalAccessToken): PersonalAccessTokenStatus {
  if (revokedAt !== null) return 'REVOKED';
  return expiresAt <= readAt ? 'EXPIRED' : 'ACTIVE';
}
