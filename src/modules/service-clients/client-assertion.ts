// As a namespace, since the bundle takes the used parts of it.
import * as z from 'zod';
import { parseVerificationKey, type VerificationKey } from '../../core/signing-key.ts';
import { claimsOf, readJwsHeader, verifyJws } from '../access-tokens/index.ts';
import type { ServiceClient } from './service-client.ts';

/** The longest time before its expiry at which an assertion is accepted, in seconds. */
const MAX_LIFETIME_SECONDS = 300;

/** Maximum clock skew of a client. */
const CLOCK_TOLERANCE_SECONDS = 30;

/** Types of JWTs that are no assertions are refused: an access token must not be one (RFC 8725 §3.11). */
const TYPES: readonly unknown[] = [undefined, 'JWT', 'client-authentication+jwt'];

/** A valid assertion; to be used once. */
interface Assertion {
  readonly jti: string;
  readonly expiresAt: Date;
}

/** The client that an assertion names, unverified. */
export function subjectOf(assertion: string): unknown {
  return claimsOf(assertion)['sub'];
}

/**
 * Verifies the JWT by which a client authenticates (RFC 7523 §3, private_key_jwt); null if it is not valid. Its audience is the issuer
 * alone: with any other, another server could be told to accept what was made for it.
 */
export function verifyAssertion(
  assertion: string,
  client: ServiceClient,
  { issuer, now }: { readonly issuer: string; readonly now: Date },
): Assertion | null {
  const header = readJwsHeader(assertion);
  if (header.kind === 'invalid' || !TYPES.includes(header.typ)) return null;
  const { id } = client;
  const keys = keysOf(client).filter(({ alg }) => alg === header.alg);
  const signed = keys.map((key) => verifyJws(assertion, key)).find(({ kind }) => kind === 'signed');
  if (signed?.kind !== 'signed') return null;
  const seconds = now.getTime() / 1_000;
  const claims = z
    .object({
      iss: z.literal(id),
      sub: z.literal(id),
      aud: z.literal(issuer),
      jti: z.string().min(1).max(256),
      exp: z
        .int()
        .gt(seconds)
        .max(seconds + MAX_LIFETIME_SECONDS + CLOCK_TOLERANCE_SECONDS),
      iat: z
        .int()
        .max(seconds + CLOCK_TOLERANCE_SECONDS)
        .optional(),
      nbf: z
        .int()
        .max(seconds + CLOCK_TOLERANCE_SECONDS)
        .optional(),
    })
    .safeParse(signed.claims);
  return claims.success ? { jti: claims.data.jti, expiresAt: new Date(claims.data.exp * 1_000) } : null;
}

/** Parsed once for each client that is read. */
function keysOf(client: ServiceClient): readonly VerificationKey[] {
  const known = parsedKeys.get(client);
  if (known !== undefined) return known;
  const keys = client.credentials.flatMap((credential) =>
    credential.kind === 'key' ? [parseVerificationKey(credential.pem)] : [],
  );
  parsedKeys.set(client, keys);
  return keys;
}

const parsedKeys = new WeakMap<ServiceClient, readonly VerificationKey[]>();
