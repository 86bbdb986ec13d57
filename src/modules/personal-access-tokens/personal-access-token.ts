import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { ScopeName } from '../../core/scopes.ts';

export type PersonalAccessTokenStatus = 'ACTIVE' | 'EXPIRED' | 'REVOKED';

const REVOKE_REASONS = [
  'REVOKED',
  'ROTATED',
  'LEAKED',
  'PASSWORD_CHANGED',
  'EMAIL_VERIFIED',
  'ACCOUNT_DISABLED',
  'ACCOUNT_DELETED',
  /** The database had lost the revocation, and the reason with it. */
  'UNKNOWN',
] as const;

/** Why a token was revoked. */
export type RevokeReason = (typeof REVOKE_REASONS)[number];

/** The reason of that name; `UNKNOWN` if there is none. */
export function knownRevokeReason(name: string | null | undefined): RevokeReason {
  return REVOKE_REASONS.find((reason) => reason === name) ?? 'UNKNOWN';
}

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
