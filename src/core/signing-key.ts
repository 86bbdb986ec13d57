import type { JsonWebKey, KeyObject } from 'node:crypto';
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
} from 'node:crypto';
import { Secret } from './secret.ts';
import { fingerprint } from './secret-ring.ts';

/** Signing algorithms (RFC 7518 §3; RFC 8037 §3.1), determined by the key, never by the token (RFC 8725 §3.1). */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA', 'HS256'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** The public key as a JWK, as published in the JWKS (RFC 7517 §4). */
export type PublicJwk = JsonWebKey & {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly use: 'sig';
};

/** A key that signs access tokens. `kid` is a digest of it, the same on every replica. */
export interface SigningKey {
  readonly kid: string;
  readonly alg: SigningAlgorithm;
  readonly signingKey: KeyObject;
  readonly verificationKey: KeyObject;
  /** Null: the key is a secret, and is not published. */
  readonly publicJwk: PublicJwk | null;
}

/** A public key that verifies signatures of others. */
export type VerificationKey = Pick<SigningKey, 'alg' | 'verificationKey'>;

/** At least one. The first signs, all verify, and public ones are published. */
export type SigningKeys = readonly [SigningKey, ...SigningKey[]];

/**
 * Parses signing keys from PEM blocks, one after another.
 *
 * @throws {Error} if there is none, one twice, or one that `parseSigningKey` refuses; the message never quotes them.
 */
export function parseSigningKeys(pem: Secret): SigningKeys {
  const [first, ...others] = keyBlocksOf(pem).map(parseSigningKey);
  if (first === undefined) throw new Error(`a signing key must be ${PEM}`);
  const keys = [first, ...others] as const;
  if (new Set(keys.map(({ kid }) => kid)).size < keys.length)
    throw new Error('signing keys must be different');
  return keys;
}

/** Blocks of PEM, with text between them if need be (RFC 7468 §2). */
function keyBlocksOf(pem: Secret): Secret[] {
  const text = pem.reveal().replaceAll(CURVE_NAME, '');
  // The rest of a block whose first or last line is missing: its key would be left out without a word.
  if (text.replaceAll(PEM_BLOCK, '').includes('-----')) throw new Error(`a signing key must be ${PEM}`);
  return (text.match(PEM_BLOCK) ?? []).map((block) => new Secret(block));
}

const PEM_BLOCK = /-----BEGIN ([A-Z ]+)-----[^-]*-----END \1-----/g;
/** What `openssl ecparam -genkey` writes before the key. */
const CURVE_NAME = /-----BEGIN EC PARAMETERS-----[^-]*-----END EC PARAMETERS-----/g;

/**
 * Parses a signing key from an unencrypted PEM (PKCS #8, SEC 1 or PKCS #1).
 *
 * @throws {Error} if it is not P-256, RSA of at least 2048 bits or Ed25519; the message never quotes it.
 */
export function parseSigningKey(pem: Secret): SigningKey {
  const signingKey = parsePrivateKey(pem);
  const alg = algorithmOf(signingKey, 'a signing key');
  const verificationKey = createPublicKey(signingKey);
  const jwk = verificationKey.export({ format: 'jwk' });
  const kid = thumbprint(jwk);
  return { kid, alg, signingKey, verificationKey, publicJwk: { ...jwk, kid, alg, use: 'sig' } };
}

/**
 * Parses a public key from PEM (SPKI, PKCS #1 or a certificate).
 *
 * @throws {Error} if it is private, or not P-256, RSA of at least 2048 bits or Ed25519; the message never quotes it.
 */
export function parseVerificationKey(pem: string): VerificationKey {
  const key = pem.includes('PRIVATE KEY') ? null : readPublicKey(pem);
  if (key === null) throw new Error('a public key must be in PEM, and no private one');
  return { alg: algorithmOf(key, 'a public key'), verificationKey: key };
}

function readPublicKey(pem: string): KeyObject | null {
  try {
    return createPublicKey({ key: pem, format: 'pem' });
  } catch {
    return null;
  }
}

/**
 * Keys of HS256: whoever verifies with one can sign with it.
 *
 * @throws {RangeError} without a secret.
 */
export function sharedSigningKeys(secrets: readonly Secret[]): SigningKeys {
  const [first, ...others] = secrets.map(sharedSigningKey);
  if (first === undefined) throw new RangeError('access tokens need a key');
  return [first, ...others];
}

function sharedSigningKey(secret: Secret): SigningKey {
  const key = createSecretKey(Buffer.from(secret.reveal()));
  return {
    kid: fingerprint(secret),
    alg: 'HS256',
    signingKey: key,
    verificationKey: key,
    publicJwk: null,
  };
}

/** A new P-256 private key (PKCS #8 PEM), for development. */
export function generateSigningKeyPem(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** The SHA-256 thumbprint of a public key: its required members in lexicographic order (RFC 7638 §3, RFC 8037 §2). */
export function thumbprint({ kty, crv, x, y, e, n }: JsonWebKey): string {
  const required = { EC: { crv, kty, x, y }, OKP: { crv, kty, x }, RSA: { e, kty, n } }[String(kty)];
  return createHash('sha256').update(JSON.stringify(required)).digest('base64url');
}

function parsePrivateKey(pem: Secret): KeyObject {
  try {
    return createPrivateKey({ key: pem.reveal(), format: 'pem' });
  } catch {
    // Without the cause: the parser's message may quote the key.
    throw new Error(`a signing key must be ${PEM}`);
  }
}

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject, what: string): SigningAlgorithm {
  if (asymmetricKeyType === 'ec' && asymmetricKeyDetails?.namedCurve === 'prime256v1') return 'ES256';
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= 2048) return 'RS256';
  if (asymmetricKeyType === 'ed25519') return 'EdDSA';
  throw new Error(`${what} must be EC P-256, RSA of at least 2048 bits or Ed25519`);
}

const PEM = 'an unencrypted private key in PEM';
