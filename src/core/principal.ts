import { forbidden, unauthenticated } from './errors.ts';
import type { PersonalAccessTokenId, SessionId, UserId } from './ids.ts';
import type { Scope, ScopeName } from './scopes.ts';

/** Whom a verified credential speaks for. */
export type Principal = AnonymousPrincipal | KnownPrincipal;

/** Someone whose credential was verified. */
export type KnownPrincipal = SessionPrincipal | PersonalAccessTokenPrincipal;

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

/** Someone with an access token of a session that has not ended. */
export interface SessionPrincipal {
  readonly kind: 'session';
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly scopes: ReadonlySet<ScopeName>;
  /** When the credential ends: what outlasts a request, such as a stream, ends with it. */
  readonly expiresAt: Date;
}

/** A script, or whatever else holds a personal access token: it may do what the token's scopes and its owner's allow. */
export interface PersonalAccessTokenPrincipal {
  readonly kind: 'personal_access_token';
  readonly userId: UserId;
  readonly personalAccessTokenId: PersonalAccessTokenId;
  readonly scopes: ReadonlySet<ScopeName>;
  readonly expiresAt: Date;
}

/** Where a request came from: what the audit log and a session's own page tell about it. */
export interface Origin {
  readonly requestId: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

/** Who calls, and from where: the first argument of every use case. */
export interface Caller<P extends Principal = Principal> {
  readonly principal: P;
  readonly origin: Origin;
}

export const anonymous: AnonymousPrincipal = { kind: 'anonymous' };

/** The work of the system itself: commands of an operator, sweeps. */
export const systemOrigin: Origin = { requestId: null, ipAddress: null, userAgent: null };

/** @throws {PublicError} UNAUTHENTICATED when nobody is signed in. */
export function requireKnown({ principal }: Caller): KnownPrincipal {
  if (principal.kind === 'anonymous') throw unauthenticated();
  return principal;
}

/**
 * For what only a person does, never a script: tokens must not be able to make tokens, or to sign anyone in or out.
 *
 * @throws {PublicError} UNAUTHENTICATED when nobody is signed in, FORBIDDEN for another credential than a session's.
 */
export function requireSession(caller: Caller): SessionPrincipal {
  const principal = requireKnown(caller);
  if (principal.kind !== 'session') throw forbidden('This takes a session: sign in to do it.');
  return principal;
}

/** The session that a principal acts by, where it is one. */
export function sessionIdOf(principal: Principal): SessionId | null {
  return principal.kind === 'session' ? principal.sessionId : null;
}

export function isSelf(principal: Principal, userId: UserId): boolean {
  return principal.kind !== 'anonymous' && principal.userId === userId;
}

export function holds(principal: Principal, scope: Scope): boolean {
  return principal.kind !== 'anonymous' && principal.scopes.has(scope);
}

/** @throws {PublicError} UNAUTHENTICATED when nobody is signed in, FORBIDDEN when they lack `scope`. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (!principal.scopes.has(scope)) throw forbidden(`This needs the scope ${scope}.`);
}
