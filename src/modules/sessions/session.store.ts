import type { DraftEvent } from '../../core/events.ts';
import type { SessionId, UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import type { AuthenticationMethodReference } from './authentication-method.ts';
import type { EndedSession, RefreshTokenTransport, Session, SessionStatus } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import type { TokenSubject } from './session-tokens.ts';

export interface NewSession {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly refreshSalt: Buffer;
  readonly refreshTokenTransport: RefreshTokenTransport;
  /** The methods by which the user was just authenticated. */
  readonly provedBy: readonly AuthenticationMethodReference[];
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly lifetimeSeconds: number;
}

interface Opened {
  readonly opened: Session;
  readonly ended: readonly EndedSession[];
  /** Whether the user has signed in before, and not from this address or network within `KNOWN_SECONDS`. */
  readonly isFromElsewhere: boolean;
}

/** A session with its user's data for issuing tokens. */
export interface SessionWithSubject {
  readonly session: Session;
  readonly subject: TokenSubject;
}

/** What a session must still be for its next generation to be created. */
export type KnownSession = Pick<Session, 'id' | 'userId' | 'generation' | 'refreshSalt'>;

/** Which sessions to list: every condition that is not null must hold. */
export interface SessionFilter {
  readonly userId: UserId | null;
  readonly status: SessionStatus | null;
  readonly ipAddress: string | null;
  readonly activeSince: Date | null;
}

/** Storage of sessions. Methods that end sessions return exactly those that they ended. */
export interface SessionStore {
  /**
   * Opens a session, ends all but `keep` other live sessions of the user by `SESSION_LIMIT`, and sets the user's last activity to
   * now, in one statement. Sessions that were never used end first, then others, the oldest of each before. The user must be locked.
   */
  open(session: NewSession, keep: number): Promise<Opened>;
  find(id: SessionId): Promise<Session | null>;
  /** A session and what its user's access tokens say, in one statement of its own. */
  findForRefresh(id: SessionId): Promise<SessionWithSubject | null>;
  /** Locks the session until the transaction ends; false unless it is live and its user's account active. */
  lockLive(id: SessionId): Promise<boolean>;
  /**
   * Creates the generation after `presented` of a live session of an active account and records `event` with its number, in one statement.
   * `presented` is the session's generation, or a newer one that the database has lost. Of concurrent callers with one
   * generation exactly one gets the session. Null if the session has changed or ended, or its account is not active.
   */
  advance(
    session: KnownSession,
    presented: number,
    event: DraftEvent<'token.refreshed'>,
  ): Promise<SessionWithSubject | null>;
  /** Records a late repeat; null if the session has changed since it was read, or another caller recorded one. */
  noteLateRepeat(read: Session): Promise<Session | null>;
  /** Records that the newest generation has reached the client. */
  confirmGeneration(id: SessionId, generation: number): Promise<void>;
  /** Whether the user has a session, live or ended, that was used from this address or network within so many seconds. */
  wasUsedFrom(userId: UserId, address: string, seconds: number): Promise<boolean>;
  end(id: SessionId, reason: SessionEndReason): Promise<EndedSession | null>;
  /** Ends all live sessions of a user except `except`. The user must be locked. */
  endAllOf(userId: UserId, reason: SessionEndReason, except: SessionId | null): Promise<EndedSession[]>;
  /** Records that these sessions are in use: the tokens of their first generation have reached the client. */
  noteUse(ids: readonly SessionId[]): Promise<void>;
  /** Sets the last activity of these sessions to now if it is older than `olderThanSeconds`; returns the sessions updated. */
  touch(ids: readonly SessionId[], olderThanSeconds: number): Promise<Session[]>;
  /** Ends up to `limit` sessions of anybody that have not ended. */
  endSome(reason: SessionEndReason, limit: number): Promise<EndedSession[]>;
  /** Ends those of these that have not ended. */
  endAgain(
    ended: readonly { readonly id: SessionId; readonly reason: SessionEndReason }[],
  ): Promise<EndedSession[]>;
  /** Ends up to `limit` idle or expired sessions, each with its reason. */
  endOverdue(limit: number): Promise<EndedSession[]>;
  /** Deletes up to `limit` sessions that ended more than `olderThanSeconds` ago, those of deleted accounts after ten minutes. */
  purgeEnded(olderThanSeconds: number, limit: number): Promise<Session[]>;
  /** The existing sessions of these ids, in one statement, which other callers may share. */
  findMany(ids: readonly SessionId[]): Promise<Session[]>;
  /** Up to `page.first + 1` sessions that match the filter, newest activity first; the last tells that there are more. */
  listAll(filter: SessionFilter, page: PageRequest): Promise<Session[]>;
  countAll(filter: SessionFilter): Promise<number>;
  /**
   * Up to `page.first + 1` sessions of each user, newest activity first; the last tells that there are more. In one
   * statement for all users.
   */
  listOf(userIds: readonly UserId[], status: SessionStatus | null, page: PageRequest): Promise<Session[]>;
  countOf(userIds: readonly UserId[], status: SessionStatus | null): Promise<ReadonlyMap<UserId, number>>;
}
