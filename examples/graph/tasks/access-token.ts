import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** Whom an access token speaks for. */
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
 * Checks the Authorization header against Latchkey's public keys, without a call per request: whom it speaks for, or null
 * without a header and with one that is worth nothing. The router's word is not taken for it: what it passes on in
 * `extensions.jwt` can be written by whoever reaches this port.
 *
 * A personal access token is no JWT: only Latchkey knows it, and here it counts as none.
 *
 * The promise rejects when the keys cannot be fetched: that is no fault of the token's.
 */
export function createAccessTokenCheck({ jwksUrl, issuer, audience }: Options) {
  // Fetches keys when it meets one that it does not know, but at most every 30 seconds, whatever strangers send.
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
