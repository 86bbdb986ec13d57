import type { Principal } from '../core/principal.ts';
import type { Credential } from './context.ts';

/** Whom a token speaks for; null for one that is good for nothing. */
export type AuthenticateToken = (token: string) => Principal | null;

/** RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1). */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * What the Authorization header is worth. It is verified here whatever a router in front has verified: the claims that
 * routers pass on in `extensions` can be written by whoever reaches the subgraph.
 */
export function authenticate(headers: readonly string[], authenticateToken: AuthenticateToken): Credential {
  const [header, ...more] = headers;
  if (header === undefined || header === '') return { kind: 'none' };
  const token = more.length === 0 ? BEARER.exec(header)?.[1] : undefined;
  const principal = token === undefined ? null : authenticateToken(token);
  return principal === null ? { kind: 'refused' } : { kind: 'accepted', principal };
}
