import type { FastifyRequest } from 'fastify';
import type { Origin } from '../core/principal.ts';
import type { Credential } from '../graphql/request/context.ts';
import type { Authenticated } from '../modules/authentication/index.ts';

/** Verifies a bearer token. */
export type AuthenticateToken = (token: string, origin: Origin) => Promise<Authenticated>;

/** RFC 6750 §2.1; the scheme is case-insensitive (RFC 9110 §11.1). */
const BEARER = /^Bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** The Authorization headers of a request: more than one is refused. */
export function authorizationOf({ raw }: FastifyRequest): readonly string[] {
  return raw.headersDistinct['authorization'] ?? [];
}

/**
 * Authenticates by the Authorization header, regardless of a router's own verification: anyone who reaches the subgraph
 * can forge the claims that routers pass in `extensions`. Never throws.
 */
export async function authenticate(
  headers: readonly string[],
  origin: Origin,
  authenticateToken: AuthenticateToken,
): Promise<Credential> {
  const [header, ...more] = headers;
  if (header === undefined || header === '') return { kind: 'none' };
  const token = more.length === 0 ? BEARER.exec(header)?.[1] : undefined;
  if (token === undefined) return { kind: 'refused', credentialId: null };
  try {
    const { principal, credentialId } = await authenticateToken(token, origin);
    return principal === null ? { kind: 'refused', credentialId } : { kind: 'accepted', principal };
  } catch (reason) {
    return { kind: 'unverified', reason };
  }
}
