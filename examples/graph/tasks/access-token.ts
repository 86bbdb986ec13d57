import { createRemoteJWKSet, errors, jwtVerify } from 'jose';

/** What a verified access token says. */
export interface Caller {
  readonly userId: string;
  /**
   * All that may be revoked: the user, the session, and what acts for them: the personal access token of a script, or a service.
   */
  readonly revocableIds: readonly string[];
  /** What the token permits. A user's session has all scopes of their roles; a script's token those that it was given. */
  readonly scopes: ReadonlySet<string>;
  readonly issuedAt: Date;
}

interface Claims {
  readonly sub: string;
  readonly sid?: string;
  readonly client_id: string;
  readonly scope: string;
  readonly iat: number;
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
 * A personal access token is no JWT and is refused here. Scripts exchange it for an access token (`exchangePersonalAccessToken`), which
 * acts for the user too: so what is done must be among its scopes.
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
      const { payload } = await jwtVerify<Claims>(token, keys, {
        issuer,
        audience,
        // Tells access tokens from every other kind of JWT (RFC 9068 §4).
        typ: 'at+jwt',
        algorithms: ['ES256', 'RS256', 'EdDSA'],
        requiredClaims: ['sub', 'client_id', 'scope', 'iat', 'exp'],
      });
      return {
        userId: payload.sub,
        revocableIds: [payload.sub, payload.client_id, ...(payload.sid === undefined ? [] : [payload.sid])],
        scopes: new Set(payload.scope.split(' ')),
        issuedAt: new Date(payload.iat * 1000),
      };
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
