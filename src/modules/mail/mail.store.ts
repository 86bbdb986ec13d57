import type { MailId, OneTimeTokenId, UserId } from '../../core/ids.ts';
import type { JsonValue } from '../../core/json.ts';
import type { MailKindName } from './mail-kinds.ts';

/** A queued message. Its text is made when it is sent. */
export interface Mail {
  readonly id: MailId;
  readonly kind: MailKindName;
  readonly userId: UserId | null;
  /** Canonical form of an address. */
  readonly recipient: string;
  /** The header Accept-Language of the request that caused it. */
  readonly languages: string | null;
  readonly data: Readonly<Record<string, JsonValue>>;
  /** The one-time token that its link carries. */
  readonly tokenId: OneTimeTokenId | null;
  /** How often sending was begun. */
  readonly attempts: number;
  readonly createdAt: Date;
  readonly sentAt: Date | null;
  readonly failedAt: Date | null;
  /** Why sending last failed. */
  readonly failure: string | null;
  /** The database's time at which the row was read. */
  readonly readAt: Date;
}

export type NewMail = Pick<Mail, 'id' | 'kind' | 'languages' | 'data' | 'tokenId'> & {
  /** Not inserted if the user got one of this kind within so many seconds. */
  readonly notWithinSeconds: number | null;
} & (
    | { readonly userId: UserId | null; readonly recipient: string }
    /** To the user's address, if the user exists. */
    | { readonly userId: UserId; readonly recipient: null }
  );

/** Storage of messages. */
export interface MailStore {
  insert(mails: readonly NewMail[]): Promise<void>;
  /** Reserves up to `limit` messages that are due for so many seconds: no other instance sends them meanwhile. */
  claim(limit: number, seconds: number): Promise<Mail[]>;
  /** Extends the reservation of messages that are being sent. */
  renew(ids: readonly MailId[], seconds: number): Promise<void>;
  markSent(id: MailId): Promise<void>;
  /** Makes a message due again after so many seconds. */
  postpone(id: MailId, failure: string, seconds: number): Promise<void>;
  /** Gives a message up. */
  markFailed(id: MailId, failure: string): Promise<void>;
  /** The latest messages, newest first. */
  latest(count: number): Promise<Mail[]>;
  /** Each user's latest failed message, in one statement. */
  latestFailuresOf(userIds: readonly UserId[]): Promise<Mail[]>;
  /** Deletes up to `limit` messages that were created more than `olderThanSeconds` ago. */
  purge(olderThanSeconds: number, limit: number): Promise<number>;
}
