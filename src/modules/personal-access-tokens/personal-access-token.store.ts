import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import type { AccountStatus } from '../users/index.ts';
import type {
  PersonalAccessToken,
  PersonalAccessTokenStatus,
  RevokeReason,
} from './personal-access-token.ts';

export interface NewPersonalAccessToken
  extends Pick<PersonalAccessToken, 'id' | 'userId' | 'name' | 'scopes' | 'digest' | 'hint'> {
  readonly lifetimeSeconds: number;
}

/** The record of a token, and its owner's current roles and account status. */
export interface RecordWithOwner {
  readonly record: PersonalAccessToken;
  readonly roles: readonly string[];
  readonly accountStatus: AccountStatus;
}

/** Time and IP address of a token's last use. */
export interface TokenUse {
  readonly id: PersonalAccessTokenId;
  readonly usedAt: Date;
  readonly ipAddress: string | null;
}

/** Storage of personal access tokens. */
export interface PersonalAccessTokenStore {
  insert(record: NewPersonalAccessToken): Promise<PersonalAccessToken>;
  findByDigest(digest: Buffer): Promise<RecordWithOwner | null>;
  /** The existing tokens of these ids, in any order, in one statement. */
  findMany(ids: readonly PersonalAccessTokenId[]): Promise<PersonalAccessToken[]>;
  /** Counts the user's active tokens. Lock the user before, if an insert follows. */
  countActive(userId: UserId): Promise<number>;
  /** Locks the token until the transaction ends; false if it or its owner's account is not active. */
  lockActive(id: PersonalAccessTokenId): Promise<boolean>;
  /** Null if missing or already revoked. */
  revoke(id: PersonalAccessTokenId, reason: RevokeReason): Promise<PersonalAccessToken | null>;
  /** Revokes and returns those of these that are not revoked. */
  revokeAgain(
    revoked: readonly { readonly id: PersonalAccessTokenId; readonly reason: RevokeReason }[],
  ): Promise<PersonalAccessToken[]>;
  /** Revokes and returns all active tokens of a user. Lock the user before. */
  revokeAllOf(userId: UserId, reason: RevokeReason): Promise<PersonalAccessToken[]>;
  /**
   * Up to `page.first` + 1 tokens of each user, newest first; the surplus one indicates a next page. One statement for
   * all users.
   */
  listOf(
    userIds: readonly UserId[],
    status: PersonalAccessTokenStatus | null,
    page: PageRequest,
  ): Promise<PersonalAccessToken[]>;
  countOf(
    userIds: readonly UserId[],
    status: PersonalAccessTokenStatus | null,
  ): Promise<ReadonlyMap<UserId, number>>;
  /** Up to `limit` tokens of whose expiry their owners are to be told now: a week before, and on the last day. Each once. */
  takeExpiring(limit: number): Promise<PersonalAccessToken[]>;
  /** Deletes up to `limit` tokens that were revoked or expired more than `olderThanSeconds` ago. */
  purge(olderThanSeconds: number, limit: number): Promise<number>;
  /** Writes all uses in one statement; an older use never overwrites a newer one. */
  recordUses(uses: readonly TokenUse[]): Promise<void>;
}
