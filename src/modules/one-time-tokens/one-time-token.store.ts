import type { OneTimeTokenId, UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';

/** What a token is for. It is worth nothing for anything else. */
export type OneTimeTokenPurpose =
  | 'verify_email'
  | 'reset_password'
  | 'invitation'
  | 'confirm_email_change'
  | 'cancel_email_change';

/** A stored one-time token. The token itself is not stored. */
export interface OneTimeToken {
  readonly id: OneTimeTokenId;
  readonly userId: UserId;
  readonly purpose: OneTimeTokenPurpose;
  /** Random. The token is derived from it and a server secret; neither alone suffices. */
  readonly salt: Buffer;
  readonly digest: Buffer;
  /** The address that it was sent to, in canonical form. */
  readonly emailKey: string;
  readonly data: JsonValue;
  readonly expiresAt: Date;
  /** The database's time at which the row was read. */
  readonly readAt: Date;
}

export interface NewOneTimeToken
  extends Pick<OneTimeToken, 'id' | 'userId' | 'purpose' | 'salt' | 'digest' | 'emailKey' | 'data'> {
  readonly lifetimeSeconds: number;
}

/** Storage of one-time tokens. */
export interface OneTimeTokenStore {
  /** Inserts a token in place of the user's other one of the same purpose. The user must be locked. */
  replace(token: NewOneTimeToken): Promise<void>;
  find(id: OneTimeTokenId): Promise<OneTimeToken | null>;
  findByDigest(digest: Buffer): Promise<OneTimeToken | null>;
  findOf(userId: UserId, purpose: OneTimeTokenPurpose): Promise<OneTimeToken | null>;
  /** Deletes a token that has not expired; null if it was used or replaced meanwhile. */
  take(id: OneTimeTokenId, digest: Buffer): Promise<OneTimeToken | null>;
  /** Deletes a user's tokens of these purposes. */
  deleteOf(userId: UserId, purposes: readonly OneTimeTokenPurpose[] | null): Promise<void>;
  /** Deletes up to `limit` tokens that expired more than `olderThanSeconds` ago. */
  purge(olderThanSeconds: number, limit: number): Promise<number>;
}
