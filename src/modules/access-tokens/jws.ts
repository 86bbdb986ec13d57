import { type KeyObject, sign, verify } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { SigningKey } from '../../core/signing-key.ts';

/** `invalid`: the reason is for the log and never quotes the token. */
type JwsVerification =
  | { readonly kind: 'signed'; readonly claims: unknown }
  | { readonly kind: 'invalid'; readonly reason: string };

/** Signs claims as a JWT: a JWS in compact form (RFC 7515 §7.1). */
export function signJws(claims: object, { alg, kid, signingKey }: SigningKey, typ: string): string {
  const header = { alg, kid, typ };
  if (alg !== 'EdDSA') return jwt.sign(claims, signingKey, { algorithm: alg, header });
  // The library has no EdDSA (RFC 8037 §3.1).
  const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  return `${signed}.${base64url(sign(null, Buffer.from(signed), signingKey))}`;
}

/** Verifies a signature. Callers check the header before, and the claims afterwards: expiry too. */
export function verifyJws(token: string, { alg, verificationKey }: SigningKey): JwsVerification {
  const options = { ignoreExpiration: true, ignoreNotBefore: true };
  try {
    const claims =
      alg === 'EdDSA'
        ? verifyEdDsa(token, verificationKey)
        : jwt.verify(token, verificationKey, { algorithms: [alg], ...options });
    return { kind: 'signed', claims };
  } catch (error) {
    const reason = error instanceof jwt.JsonWebTokenError ? error.message : 'malformed signature';
    return { kind: 'invalid', reason };
  }
}

function verifyEdDsa(token: string, key: KeyObject): unknown {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify(null, signed, key, Buffer.from(signature, 'base64url')))
    throw new jwt.JsonWebTokenError('invalid signature');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

const base64url = (part: string | Buffer) => Buffer.from(part).toString('base64url');
