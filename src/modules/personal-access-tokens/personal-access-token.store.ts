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

/** A token with what its owner may do now. */
export interface TokenWithOwner {
  readonly token: PersonalAccessToken;
  readonly roles: readonly string[];
  readonly accountStatus: AccountStatus;
}

/** When and from where a token was last used. */
export interface TokenUse {
  readonly id: PersonalAccessTokenId;
  readonly usedAt: Date;
  readonly ipAddress: string | null;
}

/** The storage that personal access tokens need. */
export interface PersonalAccessTokenStore {
  insert(token: NewPersonalAccessToken): Promise<PersonalAccessToken>;
  findByDigest(digest: Buffer): Promise<TokenWithOwner | null>;
  /** The tokens of these ids that there are, in any order, in one statement. */
  findMany(ids: readonly PersonalAccessTokenId[]): Promise<PersonalAccessToken[]>;
  /** How many of the user's tokens are good. The user must be locked, where a new one shall follow. */
  countActive(userId: UserId): Promise<number>;
  /** Locks the token until the transaction ends; false unless it and its owner's account are active. */
  lockActive(id: PersonalAccessTokenId): Promise<boolean>;
  /** Null when it had been revoked before, or is not there. */
  revoke(id: PersonalAccessTokenId, reason: RevokeReason): Promise<PersonalAccessToken | null>;
  /** Revokes all active tokens of a user. Answers with those. The user must be locked. */
  revokeAllOf(userId: UserId, reason: RevokeReason): Promise<PersonalAccessToken[]>;
  /**
   * Of each user's tokens one more than `page.first`, newest first: the surplus tells that there are more. In one
   * statement for all users.
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
  /** Writes many uses in one statement; an older one never overwrites a newer. */
  recordUses(uses: readonly TokenUse[]): Promise<void>;
}
