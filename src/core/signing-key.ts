import type { JsonWebKey, KeyObject } from 'node:crypto';
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { Secret } from './secret.ts';

/** Signing algorithms (RFC 7518 §3.3, §3.4), determined by the key, never by the token (RFC 8725 §3.1). */
export type SigningAlgorithm = 'ES256' | 'RS256';

/** The public key as a JWK, as published in the JWKS (RFC 7517 §4). */
export type PublicJwk = JsonWebKey & {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
};

/** A key that signs access tokens. `kid` is its thumbprint, the same on every replica. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly publicJwk: PublicJwk;
}

/**
 * Parses a signing key from an unencrypted PEM (PKCS #8, SEC 1 or PKCS #1).
 *
 * @throws {Error} if it is not P-256 or RSA of at least 2048 bits; the message never quotes it.
 */
export function parseSigningKey(pem: Secret): SigningKey {
  const privateKey = parsePrivateKey(pem);
  const alg = algorithmOf(privateKey);
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, alg, privateKey, publicKey, publicJwk: { ...jwk, kid, alg, use: 'sig' } };
}

/** A new P-256 private key (PKCS #8 PEM), for development. */
export function generateSigningKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The SHA-256 thumbprint of a public key: its required members in lexicographic order (RFC 7638 §3). */
export function thumbprint({ kty, crv, x, y, e, n }: JsonWebKey): string {
  const required = kty === 'EC' ? { crv, kty, x, y } : { e, kty, n };
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}

function parsePrivateKey(pem: Secret): KeyObject {
  try {
    return createPrivateKey({ key: pem.reveal(), format: 'pem' });
  } catch {
    // Without the cause: the parser's message may quote the key.
    throw new Error('a signing key must be an unencrypted private key in PEM');
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): SigningAlgorithm {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256';
  throw new Error('a signing key must be EC P-256 or RSA of at least 2048 bits');
}
