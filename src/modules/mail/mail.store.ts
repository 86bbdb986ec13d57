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
  /** When it was given up or, if it was sent, bounced. */
  readonly failedAt: Date | null;
  /** Why sending last failed, or why it bounced. */
  readonly failure: string | null;
  /** The database's time at which the row was read. */
  readonly readAt: Date;
}

export interface NewMail extends Pick<Mail, 'id' | 'kind' | 'userId' | 'languages' | 'data' | 'tokenId'> {
  /** Null: the confirmed address of the user. Without one nothing is inserted. */
  readonly recipient: string | null;
  /** Not inserted if the user got one of this kind within so many seconds. */
  readonly notWithinSeconds: number | null;
}

/** Storage of messages. */
export interface MailStore {
  insert(mails: readonly NewMail[]): Promise<void>;
  /** How many messages of a kind were queued for an address within so many seconds. */
  countTo(recipient: string, kind: MailKindName, seconds: number): Promise<number>;
  /**
   * Reserves up to `limit` messages that are due for so many seconds: no other instance sends them meanwhile. `except`: those that
   * this one is sending.
   */
  claim(limit: number, seconds: number, except: readonly MailId[]): Promise<Mail[]>;
  /** Extends the reservation of messages that are being sent. */
  renew(ids: readonly MailId[], seconds: number): Promise<void>;
  /** Keeps what a bounce that came first has noted. One that belongs to no user, such as that an account was deleted, is deleted. */
  markSent(id: MailId): Promise<void>;
  delete(id: MailId): Promise<void>;
  /** Deletes a user's messages, except those sent within the hour, which count for the limits of their recipients. */
  deleteAllOf(userId: UserId): Promise<void>;
  /** Makes a message due again after so many seconds, unless another instance has begun to send it, or it bounced. */
  postpone(mail: Pick<Mail, 'id' | 'attempts'>, failure: string, seconds: number): Promise<void>;
  /** Gives a message up; false if another instance has begun to send it. */
  markFailed(mail: Pick<Mail, 'id' | 'attempts'>, failure: string): Promise<boolean>;
  /** Notes that a message bounced, and so was sent. Null if it has failed before. */
  markBounced(id: MailId, failure: string): Promise<Mail | null>;
  find(id: MailId): Promise<Mail | null>;
  /** The latest message to any of these recipients that was sent within so many seconds, whatever became of it. */
  latestSentTo(recipients: readonly string[], seconds: number): Promise<Mail | null>;
  /** The latest messages, newest first. */
  latest(count: number): Promise<Mail[]>;
  /** Each user's latest failed message, in one statement. */
  latestFailuresOf(userIds: readonly UserId[]): Promise<Mail[]>;
  /** Deletes up to `limit` messages that were created more than `olderThanSeconds` ago, and as many of deleted users after an hour. */
  purge(olderThanSeconds: number, limit: number): Promise<number>;
}
