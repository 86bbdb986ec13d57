import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { ScopeName } from '../../core/scopes.ts';

export type PersonalAccessTokenStatus = 'ACTIVE' | 'EXPIRED' | 'REVOKED';

/** Why a token is good no more before its time. */
export type RevokeReason = 'REVOKED' | 'ROTATED' | 'LEAKED' | 'PASSWORD_CHANGED';

/** A credential for scripts, as it is kept: without the token itself. */
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
  /** The database's clock as of this reading. */
  readonly readAt: Date;
}

export function statusOf({ revokedAt, expiresAt, readAt }: PersonalAccessToken): PersonalAccessTokenStatus {
  if (revokedAt !== null) return 'REVOKED';
  return expiresAt <= readAt ? 'EXPIRED' : 'ACTIVE';
}
