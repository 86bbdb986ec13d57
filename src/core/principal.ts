import type { ClientRequest } from './client-request.ts';
import { forbidden, unauthenticated } from './errors.ts';
import type { PersonalAccessTokenId, SessionId, UserId } from './ids.ts';
import type { Scope, ScopeName } from './scopes.ts';

/** The authenticated identity of a request, or the anonymous one. */
export type Principal = AnonymousPrincipal | KnownPrincipal;

/** A principal with a verified credential. */
export type KnownPrincipal = SessionPrincipal | PersonalAccessTokenPrincipal;

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

/** Names what a token stands for. */
export type CredentialId = SessionId | PersonalAccessTokenId;

interface Verified {
  readonly userId: UserId;
  readonly scopes: ReadonlySet<ScopeName>;
  /** Expiry of the credential; subscriptions end with it. */
  readonly expiresAt: Date;
  /** The last change of the user's roles that `scopes` are known to respect; null if none was heard of. */
  readonly notBefore: Date | null;
}

/** Principal of an access token whose session is active. */
export interface SessionPrincipal extends Verified {
  readonly kind: 'session';
  readonly sessionId: SessionId;
}

/** Principal of a personal access token. `scopes`: those of the token that its owner also has. */
export interface PersonalAccessTokenPrincipal extends Verified {
  readonly kind: 'personal_access_token';
  readonly personalAccessTokenId: PersonalAccessTokenId;
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

/** @throws {PublicError} UNAUTHENTICATED if the caller is anonymous. */
export function requireKnown({ principal }: Caller): KnownPrincipal {
  if (principal.kind === 'anonymous') throw unauthenticated();
  return principal;
}

/**
 * For operations that personal access tokens may not perform, such as creating tokens or ending sessions.
 *
 * @throws {PublicError} UNAUTHENTICATED if the caller is anonymous, FORBIDDEN if the credential is not a session's.
 */
export function requireSession(caller: Caller): SessionPrincipal {
  const principal = requireKnown(caller);
  if (principal.kind !== 'session') throw forbidden('This requires a session. Sign in to do it.');
  return principal;
}

/** What the principal's token stands for; null without one. */
export function credentialIdOf(principal: KnownPrincipal): CredentialId;
export function credentialIdOf(principal: Principal): CredentialId | null;
export function credentialIdOf(principal: Principal): CredentialId | null {
  if (principal.kind === 'anonymous') return null;
  return principal.kind === 'session' ? principal.sessionId : principal.personalAccessTokenId;
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
  return principal.kind !== 'anonymous' && principal.userId === userId;
}

export function holds(principal: Reader, scope: Scope): boolean {
  return principal.kind !== 'anonymous' && principal.scopes.has(scope);
}

/** @throws {PublicError} UNAUTHENTICATED if the principal is anonymous, FORBIDDEN if it lacks `scope`. */
export function requireScope(principal: Reader, scope: Scope): void {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (!principal.scopes.has(scope)) throw forbidden(`This requires the scope ${scope}.`);
}
