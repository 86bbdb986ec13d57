import type { Origin, Principal } from '../core/principal.ts';
import type { Credential } from '../graphql/request/context.ts';

/** Whom a token speaks for; null for one that is good for nothing. */
export type AuthenticateToken = (token: string, origin: Origin) => Promise<Principal | null>;

/** RFC 6750 §2.1; the scheme's case does not matter (RFC 9110 §11.1). */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/**
 * What the Authorization header is worth. It is verified here whatever a router in front has verified: the claims that
 * routers pass on in `extensions` can be written by whoever reaches the subgraph. Never throws.
 */
export async function authenticate(
  headers: readonly string[],
  origin: Origin,
  authenticateToken: AuthenticateToken,
): Promise<Credential> {
  const [header, ...more] = headers;
  if (header === undefined || header === '') return { kind: 'none' };
  const token = more.length === 0 ? BEARER.exec(header)?.[1] : undefined;
  if (token === undefined) return { kind: 'refused' };
  try {
    const principal = await authenticateToken(token, origin);
    return principal === null ? { kind: 'refused' } : { kind: 'accepted', principal };
  } catch (reason) {
    return { kind: 'unverified', reason };
  }
}
