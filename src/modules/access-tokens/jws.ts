import { type KeyObject, sign, verify } from 'node:crypto';
import jwt from 'jsonwebtoken';
import { decodeBase64url } from '../../core/base64url.ts';
import {
  SIGNING_ALGORITHMS,
  type SigningAlgorithm,
  type SigningKey,
  type VerificationKey,
} from '../../core/signing-key.ts';

interface Invalid {
  readonly kind: 'invalid';
  /** For the log; never quotes the token. */
  readonly reason: string;
}

interface JwsHeader {
  readonly kind: 'header';
  readonly alg: SigningAlgorithm;
  /** Of any type. */
  readonly kid: unknown;
  readonly typ: unknown;
}

type JwsVerification = { readonly kind: 'signed'; readonly claims: unknown } | Invalid;

/** Several times the length of ours. A longer one is refused unparsed. */
const MAX_LENGTH = 8192;

/**
 * The header of a JWT. The library trusts more of a header than RFC 8725 §3 allows, so it is checked before: only `alg`, `kid` and
 * `typ`, and an algorithm that is known. This excludes `none`, embedded keys (`jwk`, `x5c`), fetched keys (`jku`, `x5u`) and `crit`.
 * Callers compare the algorithm with that of the key: a public key must not be used as an HMAC secret.
 */
export function readJwsHeader(token: string): JwsHeader | Invalid {
  if (token.length > MAX_LENGTH) return invalid('size');
  const [header, ...rest] = token.split('.', 4).map(decodeBase64url);
  if (!header || rest.length !== 2 || !rest.every((segment) => segment?.length)) return invalid('segments');
  const { alg, kid, typ, ...others } = parseObject(header);
  if (Object.keys(others).length > 0) return invalid('header member');
  const known = SIGNING_ALGORITHMS.find((each) => each === alg);
  return known === undefined ? invalid('header alg') : { kind: 'header', alg: known, kid, typ };
}

/** Signs claims as a JWT: a JWS in compact form (RFC 7515 §7.1). */
export function signJws(claims: object, { alg, kid, signingKey }: SigningKey, typ: string): string {
  const header = { alg, kid, typ };
  if (alg !== 'EdDSA') return jwt.sign(claims, signingKey, { algorithm: alg, header });
  // The library has no EdDSA (RFC 8037 §3.1).
  const signed = [header, claims].map((part) => base64url(JSON.stringify(part))).join('.');
  return `${signed}.${base64url(sign(null, Buffer.from(signed), signingKey))}`;
}

/** Verifies a signature. Callers check the header before, and the claims afterwards: expiry too. */
export function verifyJws(token: string, { alg, verificationKey }: VerificationKey): JwsVerification {
  const options = { ignoreExpiration: true, ignoreNotBefore: true };
  try {
    const claims =
      alg === 'EdDSA'
        ? verifyEdDsa(token, verificationKey)
        : jwt.verify(token, verificationKey, { algorithms: [alg], ...options });
    return { kind: 'signed', claims };
  } catch (error) {
    return invalid(error instanceof jwt.JsonWebTokenError ? error.message : 'malformed signature');
  }
}

function verifyEdDsa(token: string, key: KeyObject): unknown {
  const [header = '', claims = '', signature = ''] = token.split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify(null, signed, key, Buffer.from(signature, 'base64url')))
    throw new jwt.JsonWebTokenError('invalid signature');
  return JSON.parse(Buffer.from(claims, 'base64url').toString());
}

/** The claims of a JWT, unverified. */
export function claimsOf(token: string): Readonly<Record<string, unknown>> {
  const payload = decodeBase64url(token.split('.', 2)[1] ?? '');
  return payload === null ? {} : parseObject(payload);
}

const base64url = (part: string | Buffer) => Buffer.from(part).toString('base64url');

const invalid = (reason: string): Invalid => ({ kind: 'invalid', reason });

/** The members of a JSON object; none if `json` is anything else. */
function parseObject(json: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json.toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
