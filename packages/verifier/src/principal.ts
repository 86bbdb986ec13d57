import type { JWTPayload } from 'jose';

/** `unavailable`: it cannot be told whether the token is valid. */
export type RefusalReason = 'invalid' | 'expired' | 'revoked' | 'unavailable';

/** What an Authorization header shows. */
export type Verification =
  | { readonly kind: 'anonymous' }
  | { readonly kind: 'principal'; readonly principal: Principal }
  | { readonly kind: 'refused'; readonly reason: RefusalReason; readonly cause?: unknown };

/** What a token permits, and to whom. */
export type Principal = UserPrincipal | ServicePrincipal;

interface Common {
  /** Look at these, not at the user: a token may permit less than its user may do. */
  readonly scopes: ReadonlySet<string>;
  readonly expiresAt: Date;
  /** The claims of the token, or what the issuer has told of it. */
  readonly claims: Readonly<JWTPayload>;
}

/** Acts as a user, or for one. */
export interface UserPrincipal extends Common {
  readonly kind: 'user';
  readonly userId: string;
  /** A session of the user, a script with a personal access token of theirs, or a service that acts for them. */
  readonly by: 'session' | 'personal_access_token' | 'service';
  /** Null for a personal access token. */
  readonly sessionId: string | null;
  /** The id of the personal access token or of the service; `latchkey` for a session. */
  readonly clientId: string;
  /** Of a session, as of when its token was issued; others have none. */
  readonly roles: readonly string[];
}

/** A service that acts for itself, and as no user. */
export interface ServicePrincipal extends Common {
  readonly kind: 'service';
  readonly clientId: string;
}

/** The principal of claims whose signature was verified; null if they are not those of Latchkey. */
export function principalOf(claims: JWTPayload, type: 'user' | 'service'): Principal | null {
  const { sub, sid, client_id: clientId, act, scope, exp, roles } = claims;
  if (typeof sub !== 'string' || typeof clientId !== 'string' || typeof scope !== 'string') return null;
  if (typeof exp !== 'number' || (sid !== undefined && typeof sid !== 'string')) return null;
  const scopes = new Set(scope.split(' ').filter((name) => name !== ''));
  const common = { scopes, expiresAt: new Date(exp * 1_000), claims, clientId };
  if (type === 'service') {
    const isOne = sub === clientId && sid === undefined && act === undefined;
    return isOne ? { kind: 'service', ...common } : null;
  }
  const actor = (act as { sub?: unknown } | undefined)?.sub;
  if (act !== undefined && actor !== clientId) return null;
  if (act === undefined && sid === undefined) return null;
  return {
    kind: 'user',
    userId: sub,
    by: act === undefined ? 'session' : sid === undefined ? 'personal_access_token' : 'service',
    sessionId: sid ?? null,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    ...common,
  };
}

/** There is no principal. Answer its `status`, or UNAUTHENTICATED, and for 503 SERVICE_UNAVAILABLE. */
export class RefusedError extends Error {
  /** `anonymous`: no token was sent. */
  readonly reason: RefusalReason | 'anonymous';
  readonly status: 401 | 503;

  constructor(reason: RefusalReason | 'anonymous', cause?: unknown) {
    super(MESSAGES[reason], { cause });
    this.name = 'RefusedError';
    this.reason = reason;
    this.status = statusOf(reason);
  }
}

/** Whether a request is refused, or cannot be served now. */
export function statusOf(reason: RefusalReason | 'anonymous'): 401 | 503 {
  return reason === 'unavailable' ? 503 : 401;
}

const MESSAGES = {
  anonymous: 'Sign in to do this.',
  invalid: 'The token is invalid.',
  expired: 'The token has expired.',
  revoked: 'The token was revoked.',
  unavailable: 'Tokens cannot be verified now. Try again shortly.',
};

/** The principal. @throws {RefusedError} if there is none. */
export function requirePrincipal(verification: Verification): Principal {
  if (verification.kind === 'principal') return verification.principal;
  if (verification.kind === 'anonymous') throw new RefusedError('anonymous');
  throw new RefusedError(verification.reason, verification.cause);
}

/** The principal, if it is a user or acts for one. @throws {RefusedError} */
export function requireUser(verification: Verification): UserPrincipal {
  const principal = requirePrincipal(verification);
  if (principal.kind === 'user') return principal;
  throw new RefusedError('invalid');
}

/** Refused for lack of a scope. Answer 403, or FORBIDDEN. */
export class MissingScopeError extends Error {
  readonly scope: string;

  constructor(scope: string) {
    super(`This requires the scope ${scope}.`);
    this.name = 'MissingScopeError';
    this.scope = scope;
  }
}

/** @throws {MissingScopeError} if the principal does not hold the scope. */
export function requireScope(principal: Pick<Principal, 'scopes'>, scope: string): void {
  if (!principal.scopes.has(scope)) throw new MissingScopeError(scope);
}
