import type { SessionId, UserId } from '../../core/ids.ts';
import type { AuthenticationMethod } from './authentication-method.ts';
import type { SessionEndReason } from './session-end-reason.ts';

export type RefreshTokenTransport = 'BODY' | 'COOKIE';
export type SessionStatus = 'ACTIVE' | 'ENDED';

/** One sign-in on one device. Its refresh tokens are derived from it and stored nowhere. */
export interface Session {
  readonly id: SessionId;
  readonly userId: UserId;
  /** Random; with it and a secret of ours, and not with one of them alone, refresh tokens are made. */
  readonly refreshSalt: Buffer;
  readonly refreshTokenTransport: RefreshTokenTransport;
  /** How often it was refreshed: the generation of the newest refresh token. */
  readonly generation: number;
  /** The newest generation that has shown a sign of life: was refreshed, or its access token used. */
  readonly confirmedGeneration: number;
  /** When the current generation was made, which is when the previous one was first used. */
  readonly rotatedAt: Date | null;
  /** Where the request came from that made the current generation; null before any refresh. */
  readonly rotatedIpAddress: string | null;
  readonly rotatedUserAgent: string | null;
  /** When the previous token worked once more though its grace was over: the last few times, oldest first. */
  readonly lateRepeatedAt: readonly Date[];
  /** When the previous generation was made. */
  readonly previousRotatedAt: Date | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** How, and when, the user was authenticated for it: never empty. */
  readonly authenticationMethods: readonly AuthenticationMethod[];
  readonly createdAt: Date;
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: SessionEndReason | null;
  /** The database's clock as of this reading: every expiry is judged by it, none by a replica's own clock. */
  readonly readAt: Date;
}

/** A session that somebody or something has ended; others are over without it, and wait for the sweep. */
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

/** How recent the last authentication must be for what asks for a recent one. OWASP ASVS 7.5.1 leaves the figure open. */
export const REAUTHENTICATION_WINDOW_SECONDS = 600;

export function idleExpiresAt(session: Session, limits: SessionLimits): Date {
  return new Date(
    Math.min(session.lastActiveAt.getTime() + limits.idleTimeoutSeconds * 1000, session.expiresAt.getTime()),
  );
}

/** A session that is over but was not swept yet has ended for everyone who looks. */
export function statusOf(session: Session, limits: SessionLimits): SessionStatus {
  const over = session.endedAt !== null || idleExpiresAt(session, limits) <= session.readAt;
  return over ? 'ENDED' : 'ACTIVE';
}

/** When the user last proved who they are. */
export function authenticatedAt({ authenticationMethods }: Pick<Session, 'authenticationMethods'>): Date {
  return new Date(Math.max(...authenticationMethods.map(({ completedAt }) => completedAt.getTime())));
}

export function isRecentlyAuthenticated(session: Pick<Session, 'authenticationMethods' | 'readAt'>): boolean {
  const ageMs = session.readAt.getTime() - authenticatedAt(session).getTime();
  return ageMs <= REAUTHENTICATION_WINDOW_SECONDS * 1000;
}
