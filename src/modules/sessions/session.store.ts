import type { SessionId, UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Origin } from '../../core/principal.ts';
import type { AuthenticationMethodReference } from './authentication-method.ts';
import type { EndedSession, RefreshTokenTransport, Session, SessionStatus } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import type { TokenSubject } from './session-tokens.ts';

export interface NewSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly refreshSalt: Buffer;
  readonly refreshTokenTransport: RefreshTokenTransport;
  /** What the user has just proved who they are by. */
  readonly provedBy: readonly AuthenticationMethodReference[];
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly lifetimeSeconds: number;
}

/** A session with what its next access token says of its user. */
export interface SessionWithSubject {
  readonly session: Session;
  readonly subject: TokenSubject;
}

/** Which sessions to list: all that is not null must hold. */
export interface SessionFilter {
  readonly userId: UserId | null;
  readonly status: SessionStatus | null;
  readonly ipAddress: string | null;
  readonly activeSince: Date | null;
}

/** The storage that sessions need. What ends sessions answers with those that it has ended, and with no others. */
export interface SessionStore {
  insert(session: NewSession): Promise<Session>;
  find(id: SessionId): Promise<SessionWithSubject | null>;
  /** Locks the session until the transaction ends; false unless it is live and its user's account active. */
  lockLive(id: SessionId): Promise<boolean>;
  /**
   * The step of a refresh that decides a race: of many callers with one generation exactly one gets the session back,
   * the others null.
   */
  advanceGeneration(id: SessionId, generation: number, origin: Origin): Promise<Session | null>;
  /** Notes a late repeat; null where the session has changed since it was read, or somebody else has noted one. */
  noteLateRepeat(read: Session): Promise<Session | null>;
  /** Notes that the newest generation has shown a sign of life. */
  confirmGeneration(id: SessionId, generation: number): Promise<void>;
  end(id: SessionId, reason: SessionEndReason): Promise<EndedSession | null>;
  /** Ends all live sessions of a user but `except`. The user must be locked. */
  endAllOf(userId: UserId, reason: SessionEndReason, except: SessionId | null): Promise<EndedSession[]>;
  /** Ends the oldest live sessions of a user until `keep` are left. The user must be locked. */
  endOldestOf(userId: UserId, reason: SessionEndReason, keep: number): Promise<EndedSession[]>;
  /** Moves the last activity of these sessions to now, where it was more than `olderThanSeconds` ago. Answers with those. */
  touch(ids: readonly SessionId[], olderThanSeconds: number): Promise<Session[]>;
  /** Ends up to `limit` sessions whose idle or absolute end has passed, each for its reason. */
  endOverdue(limit: number): Promise<EndedSession[]>;
  /** Deletes up to `limit` sessions that ended longer ago than this. */
  purgeEnded(olderThanSeconds: number, limit: number): Promise<Session[]>;
  /** The sessions of these ids that there are, in any order, in one statement. */
  findMany(ids: readonly SessionId[]): Promise<Session[]>;
  /** Of all sessions that the filter lets through one more than `page.first`, newest activity first. */
  listAll(filter: SessionFilter, page: PageRequest): Promise<Session[]>;
  countAll(filter: SessionFilter): Promise<number>;
  /**
   * Of each user's sessions one more than `page.first`, newest activity first: the surplus tells that there are more. In one
   * statement for all users.
   */
  listOf(userIds: readonly UserId[], status: SessionStatus | null, page: PageRequest): Promise<Session[]>;
  countOf(userIds: readonly UserId[], status: SessionStatus | null): Promise<ReadonlyMap<UserId, number>>;
}
