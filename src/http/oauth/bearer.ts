import type { KnownPrincipal, Origin } from '../../core/principal.ts';
import { type AuthenticateToken, authenticate } from '../authorization-header.ts';
import { OAuthError } from './oauth-error.ts';

/** Whether a request presents a bearer token (RFC 6750 §2.1). */
export const isBearer = (headers: readonly string[]) => headers.some((header) => /^Bearer /i.test(header));

/** Who presents it. @throws {OAuthError} if it is not valid. @throws {UnavailableError} */
export async function requireBearer(
  headers: readonly string[],
  origin: Origin,
  authenticateToken: AuthenticateToken,
): Promise<KnownPrincipal> {
  const credential = await authenticate(headers, origin, authenticateToken);
  if (credential.kind === 'unverified') throw credential.reason;
  if (credential.kind !== 'accepted' || credential.principal.kind === 'anonymous')
    throw new OAuthError('invalid_token', 'The bearer token is not valid.');
  return credential.principal;
}
