import type { SessionId, UserId } from '../../core/ids.ts';
import type { AuthenticationMethod } from './authentication-method.ts';
import type { SessionEndReason } from './session-end-reason.ts';

export type RefreshTokenTransport = 'BODY' | 'COOKIE';
export type SessionStatus = 'ACTIVE' | 'ENDED';

/** One sign-in on one device. Its refresh tokens are derived from it and not stored. */
export interface Session {
  readonly id: SessionId;
  readonly userId: UserId;
  /** Random. Refresh tokens are derived from it and a server secret; neither alone suffices. */
  readonly refreshSalt: Buffer;
  readonly refreshTokenTransport: RefreshTokenTransport;
  /** The number of refreshes, and so the generation of the newest refresh token. */
  readonly generation: number;
  /** Newest generation known to have reached the client: by a refresh, or a request with its access token. -1 before either. */
  readonly confirmedGeneration: number;
  /** When the current generation was created, by the first use of the previous one. Null before the first refresh. */
  readonly rotatedAt: Date | null;
  /** Origin of the request that created the current generation; null before the first refresh. */
  readonly rotatedIpAddress: string | null;
  readonly rotatedUserAgent: string | null;
  /** When a previous token was accepted after its grace period: the last few times, oldest first. */
  readonly lateRepeatedAt: readonly Date[];
  /** When the previous generation was created. */
  readonly previousRotatedAt: Date | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** How and when the user was authenticated; never empty. */
  readonly authenticationMethods: readonly AuthenticationMethod[];
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: SessionEndReason | null;
  /** Increases with each change that session streams report: the messages carry it. 0 when the session is created. */
  readonly revision: number;
  /** The database's clock when the row was read. Every expiry is decided by it, never by a replica's clock. */
  readonly readAt: Date;
}

/** A session marked as ended; one that is idle or expired may still await the sweep. */
export interface EndedSession extends Session {
  readonly endedAt: Date;
  readonly endReason: SessionEndReason;
}

/** How long sessions live. */
export interface SessionLimits {
  readonly idleTimeoutSeconds: number;
  readonly lifetimeSeconds: number;
  readonly maxPerUser: number;
  readonly refreshGraceSeconds: number;
}

/** How long a device is known after a sign-in: by its address only while the session is still stored. */
export const KNOWN_SECONDS = 90 * 86_400;

/** Maximum age of a recent authentication. OWASP ASVS 7.5.1 does not specify the figure. */
export const REAUTHENTICATION_WINDOW_SECONDS = 600;

export function idleExpiresAt(session: Session, limits: SessionLimits): Date {
  return new Date(
    Math.min(session.lastActiveAt.getTime() + limits.idleTimeoutSeconds * 1000, session.expiresAt.getTime()),
  );
}

export interface SessionEnd {
  readonly at: Date;
  readonly reason: SessionEndReason;
}

/** When and why a session ended; null while it is active. A session that has timed out ended then, not when it is swept. */
export function endOf(session: Session, limits: SessionLimits): SessionEnd | null {
  const { endedAt, endReason, expiresAt, readAt } = session;
  if (endedAt !== null && endReason !== null) return { at: endedAt, reason: endReason };
  const at = idleExpiresAt(session, limits);
  if (at > readAt) return null;
  return { at, reason: expiresAt <= readAt ? 'EXPIRED' : 'IDLE_TIMEOUT' };
}

export function statusOf(session: Session, limits: SessionLimits): SessionStatus {
  return endOf(session, limits) === null ? 'ACTIVE' : 'ENDED';
}

/** When the user was last authenticated. */
export function authenticatedAt({ authenticationMethods }: Pick<Session, 'authenticationMethods'>): Date {
  return new Date(Math.max(...authenticationMethods.map(({ completedAt }) => completedAt.getTime())));
}

export function isRecentlyAuthenticated(session: Pick<Session, 'authenticationMethods' | 'readAt'>): boolean {
  const ageMs = session.readAt.getTime() - authenticatedAt(session).getTime();
  return ageMs <= REAUTHENTICATION_WINDOW_SECONDS * 1000;
}
