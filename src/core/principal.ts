import { forbidden, unauthenticated } from './errors.ts';
import type { SessionId, UserId } from './ids.ts';
import type { Scope } from './scopes.ts';

/** Whom a verified credential speaks for. */
export type Principal = AnonymousPrincipal | SessionPrincipal;

export interface AnonymousPrincipal {
  readonly kind: 'anonymous';
}

/** Someone with an access token of a session that has not ended. */
export interface SessionPrincipal {
  readonly kind: 'session';
  readonly userId: UserId;
  readonly sessionId: SessionId;
  readonly scopes: ReadonlySet<Scope>;
  /** When the credential ends: what outlasts a request, such as a stream, ends with it. */
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
export function requireSession(caller: Caller): SessionPrincipal {
  if (caller.principal.kind === 'session') return caller.principal;
  throw unauthenticated();
}

export function holds(principal: Principal, scope: Scope): boolean {
  return principal.kind !== 'anonymous' && principal.scopes.has(scope);
}

/** @throws {PublicError} UNAUTHENTICATED when nobody is signed in, FORBIDDEN when they lack `scope`. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (principal.kind === 'anonymous') throw unauthenticated();
  if (!principal.scopes.has(scope)) throw forbidden(`This needs the scope ${scope}.`);
}
