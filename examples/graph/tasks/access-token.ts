import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** The user and session of a verified access token. */
export interface Caller {
  readonly userId: string;
  readonly sessionId: string;
  readonly issuedAt: Date;
}

interface Options {
  /** Latchkey's `/.well-known/jwks.json`. */
  readonly jwksUrl: string;
  readonly issuer: string;
  readonly audience: string;
}

/**
 * Verifies the Authorization header with Latchkey's public keys, without a call per request; null if it is missing or
 * invalid. The router's `extensions.jwt` is not used: whoever reaches this port can write it.
 *
 * A personal access token is no JWT and is refused here: only Latchkey can verify it.
 *
 * Rejects if the keys cannot be fetched, which says nothing about the token.
 */
export function createAccessTokenCheck({ jwksUrl, issuer, audience }: Options) {
  // Fetches the keys again for an unknown `kid`, at most every 30 seconds.
  const keys = createRemoteJWKSet(new URL(jwksUrl));

  return async (authorization: string | undefined): Promise<Caller | null> => {
    const token = /^Bearer +(\S+)$/i.exec(authorization ?? '')?.[1];
    if (token === undefined) return null;
    try {
      const { payload } = await jwtVerify<{ sub: string; sid: string; iat: number }>(token, keys, {
        issuer,
        audience,
        // Tells access tokens from every other kind of JWT (RFC 9068 §4).
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256'],
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
      });
      return { userId: payload.sub, sessionId: payload.sid, issuedAt: new Date(payload.iat * 1000) };
    } catch (error) {
      if (FAULTS_OF_TOKENS.some((fault) => error instanceof fault)) return null;
      throw error;
    }
  };
}

const FAULTS_OF_TOKENS = [
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JWTInvalid,
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWKSNoMatchingKey,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
];
