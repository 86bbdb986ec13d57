import type { ClientRequest } from './client-request.ts';
import { forbidden, unauthenticated } from './errors.ts';
import type { PersonalAccessTokenId, ServiceClientId, SessionId, UserId } from './ids.ts';
import type { Scope, ScopeName } from './scopes.ts';

/** The authenticated identity of a request, or the anonymous one. */
export type Principal = AnonymousPrincipal | KnownPrincipal;

/** A principal with a verified credential. */
export type KnownPrincipal = UserPrincipal | ServicePrincipal;

/** A principal that acts as a user, or for one. */
export type UserPrincipal = OwnPrincipal | DelegatedPrincipal;

/** A principal with a credential of the user's own. */
export type OwnPrincipal = SessionPrincipal | PersonalAccessTokenPrincipal;

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

/** Names what a token stands for. */
export type CredentialId =
  | SessionId
  | PersonalAccessTokenId
  | ServiceClientId
  | `${ServiceClientId}/${SessionId}`;

interface Verified {
  readonly scopes: ReadonlySet<ScopeName>;
  /** Expiry of the credential; subscriptions end with it. */
  readonly expiresAt: Date;
}

interface VerifiedUser extends Verified {
  readonly userId: UserId;
  /** The last change of the user's roles that `scopes` are known to respect; null if none was heard of. */
  readonly notBefore: Date | null;
}

/** Principal of an access token whose session is active. */
export interface SessionPrincipal extends VerifiedUser {
  readonly kind: 'session';
  readonly sessionId: SessionId;
}

/** Principal of a personal access token. `scopes`: those of the token that its owner also has. */
export interface PersonalAccessTokenPrincipal extends VerifiedUser {
  readonly kind: 'personal_access_token';
  readonly personalAccessTokenId: PersonalAccessTokenId;
}

/** Principal of a service client that acts for a user in one of their sessions (RFC 8693 §1.1, delegation). */
export interface DelegatedPrincipal extends VerifiedUser {
  readonly kind: 'delegated';
  readonly clientId: ServiceClientId;
  /** The session whose access token was exchanged. */
  readonly sessionId: SessionId;
}

/** Principal of a service client that acts for itself, and as no user. */
export interface ServicePrincipal extends Verified {
  readonly kind: 'service';
  readonly clientId: ServiceClientId;
}

/** A user who was proved by a message to their mailbox, without a session. Only the result of that request is read so. */
export interface OwnerPrincipal {
  readonly kind: 'owner';
  readonly userId: UserId;
  readonly scopes: ReadonlySet<ScopeName>;
}

/** For whom fields are authorised. */
export type Reader = Principal | OwnerPrincipal;

/** Origin of a request, as recorded in the audit log and in sessions. */
export interface Origin {
  readonly requestId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** The header Accept-Language, by which messages choose their language. */
  readonly languages?: string | null;
}

/** Principal and origin of a request: the first argument of every use case. */
export interface Caller<P extends Principal = Principal> {
  readonly principal: P;
  readonly origin: Origin;
  /** Absent if no rule depends on it. */
  readonly request?: ClientRequest | undefined;
}

export const anonymous: AnonymousPrincipal = { kind: 'anonymous' };

/** Origin of work without a request: operator commands and background jobs. */
export const systemOrigin: Origin = { requestId: null, ipAddress: null, userAgent: null };

/** @throws {PublicError} UNAUTHENTICATED if the caller is anonymous, FORBIDDEN if it is a service that acts for itself. */
export function requireUser({ principal }: Caller): UserPrincipal {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (principal.kind === 'service')
    throw forbidden('A service is no user. This takes the credential of a user.');
  return principal;
}

/** @throws {PublicError} UNAUTHENTICATED if the caller is anonymous, FORBIDDEN if it is a service client, also for a user. */
export function requireOwn(caller: Caller): OwnPrincipal {
  const principal = requireUser(caller);
  if (principal.kind === 'delegated') throw forbidden("This takes a credential of the user's own.");
  return principal;
}

/**
 * For operations that personal access tokens may not perform, such as creating tokens or ending sessions.
 *
 * @throws {PublicError} UNAUTHENTICATED if the caller is anonymous, FORBIDDEN if the credential is not a session's.
 */
export function requireSession(caller: Caller): SessionPrincipal {
  const principal = requireUser(caller);
  if (principal.kind !== 'session') throw forbidden('This requires a session. Sign in to do it.');
  return principal;
}

/** What the principal's token stands for; null without one. */
export function credentialIdOf(principal: KnownPrincipal): CredentialId;
export function credentialIdOf(principal: Principal): CredentialId | null;
export function credentialIdOf(principal: Principal): CredentialId | null {
  switch (principal.kind) {
    case 'anonymous':
      return null;
    case 'session':
      return principal.sessionId;
    case 'personal_access_token':
      return principal.personalAccessTokenId;
    case 'delegated':
      // Not the session's id, by which a repeat of the session's own requests is known.
      return `${principal.clientId}/${principal.sessionId}`;
    case 'service':
      return principal.clientId;
    default:
      return principal satisfies never;
  }
}

/** The user as whom, or for whom, the principal acts; null for others. */
export function userIdOf(principal: Reader): UserId | null {
  return principal.kind === 'anonymous' || principal.kind === 'service' ? null : principal.userId;
}

/** The principal's session id; null for other credentials. */
export function sessionIdOf(principal: Principal): SessionId | null {
  return principal.kind === 'session' ? principal.sessionId : null;
}

/** For the account itself, not for its sessions: a repeat of the request is read so too, minutes later. */
export function ownerPrincipal(userId: UserId): OwnerPrincipal {
  return { kind: 'owner', userId, scopes: new Set<ScopeName>(['profile:read' satisfies Scope]) };
}

export function isSelf(principal: Reader, userId: UserId): boolean {
  return userIdOf(principal) === userId;
}

export function holds(principal: Reader, scope: Scope): boolean {
  return principal.kind !== 'anonymous' && principal.scopes.has(scope);
}

/** @throws {PublicError} UNAUTHENTICATED if the principal is anonymous, FORBIDDEN if it lacks `scope`. */
export function requireScope(principal: Reader, scope: Scope): void {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (!principal.scopes.has(scope)) throw forbidden(`This requires the scope ${scope}.`);
}
