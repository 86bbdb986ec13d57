import { createHmac, randomBytes } from 'node:crypto';
import type { Argon2idScheme, HashAlgorithm, HashScheme } from '../../core/hash-scheme.ts';
import type { Secret } from '../../core/secret.ts';
import { parseForeignHash } from './foreign-hash.ts';
import type { ForeignHash } from './foreign-hash-outcome.ts';

/**
 * A stored password hash.
 *  - `peppered`, ours: `$lk1$<pepper id>` and then, over {@link preHash}, either bcrypt, `$2b$<cost>$<salt and digest>`, or
 *    Argon2id, `$argon2id$v=19$m=<KiB>,t=<passes>,p=1$<salt>$<digest>`.
 *  - `foreign`, imported from another system, over the password itself.
 */
type StoredHash = PepperedHash | ForeignHash;

interface PepperedHash {
  readonly kind: 'peppered';
  readonly pepperId: string;
  readonly hash: string;
  readonly scheme: HashScheme;
}

/** That of our hashes, before the id of their pepper. */
export const PREFIX = '$lk1$';

/** The parameters of new Argon2id hashes: OWASP's minimum, 19 MiB and two passes (Password Storage Cheat Sheet). */
export const ARGON2ID: Argon2idScheme = { kind: 'argon2id', memoryKib: 19_456, passes: 2 };

/** The scheme of new hashes. `cost` is that of bcrypt. */
export function schemeOfNew({ algorithm, cost }: { algorithm: HashAlgorithm; cost: number }): HashScheme {
  return algorithm === 'bcrypt' ? { kind: 'bcrypt', cost } : ARGON2ID;
}

/** Parses a stored hash; null if it is of no known form, or if its parameters are not permitted. */
export function parseStoredHash(stored: string): StoredHash | null {
  if (stored.startsWith(PREFIX)) return parseBcrypt(stored) ?? parseArgon2id(stored);
  const foreign = parseForeignHash(stored);
  return foreign.kind === 'refused' ? null : foreign;
}

export function formatStoredHash({ pepperId, hash }: { pepperId: string; hash: string }): string {
  return `${PREFIX}${pepperId}${hash}`;
}

/** Whether a hash by `stored` must be replaced by one by `current`: another algorithm, or lower parameters. */
export function isOutdated(stored: HashScheme, current: HashScheme): boolean {
  if (stored.kind === 'bcrypt') return current.kind !== 'bcrypt' || stored.cost < current.cost;
  return (
    current.kind !== 'argon2id' || stored.memoryKib < current.memoryKib || stored.passes < current.passes
  );
}

/**
 * Input of either algorithm: base64(HMAC-SHA-384(password, pepper)), 64 characters for a password of any length. bcrypt alone
 * ignores everything after 72 bytes (CVE-2025-22228) or, in some versions, the first NUL; base64 avoids both. The digest
 * is keyed, since bcrypt of a plain digest can be attacked with digests leaked from other systems (OWASP Password
 * Storage Cheat Sheet).
 *
 * @param normalized the password after `normalizePassword`.
 */
export function preHash(normalized: string, pepper: Secret): string {
  return createHmac('sha384', pepper.reveal()).update(normalized, 'utf8').digest('base64');
}

/**
 * A hash with a random digest: a comparison costs the full work, and nothing matches. Its encoding is canonical: native
 * engines refuse another without any work, which would tell unknown accounts from known ones.
 */
export function decoyHash(scheme: HashScheme): string {
  if (scheme.kind === 'argon2id') {
    const [salt, digest] = [16, 32].map((size) => randomBytes(size).toString('base64').replaceAll('=', ''));
    return `$argon2id$v=19$m=${scheme.memoryKib},t=${scheme.passes},p=1$${salt}$${digest}`;
  }
  const saltAndDigest = Array.from(randomBytes(53), (byte, i) =>
    BCRYPT_ALPHABET.charAt(byte & (BITS_OF_LAST[i] ?? 0b111111)),
  ).join('');
  return `$2b$${String(scheme.cost).padStart(2, '0')}$${saltAndDigest}`;
}

const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The last character of the salt carries 2 bits of 128, that of the digest 4 of 184; the rest of each is zero. */
const BITS_OF_LAST: Readonly<Record<number, number>> = { 21: 0b110000, 52: 0b111100 };

function parseBcrypt(stored: string): PepperedHash | null {
  const { pepperId, hash, cost } = BCRYPT.exec(stored)?.groups ?? {};
  if (pepperId === undefined || hash === undefined) return null;
  return { kind: 'peppered', pepperId, hash, scheme: { kind: 'bcrypt', cost: Number(cost) } };
}

function parseArgon2id(stored: string): PepperedHash | null {
  const { pepperId, hash, memory, passes } = ARGON2ID_FORMAT.exec(stored)?.groups ?? {};
  if (pepperId === undefined || hash === undefined) return null;
  const scheme = { kind: 'argon2id', memoryKib: Number(memory), passes: Number(passes) } as const;
  // A mismatch of higher parameters than ours would take longer than one of an unknown user. To raise ours, accept the
  // new ones a release earlier.
  if (scheme.memoryKib < 8 || scheme.memoryKib > ARGON2ID.memoryKib) return null;
  return scheme.passes > ARGON2ID.passes ? null : { kind: 'peppered', pepperId, hash, scheme };
}

/** Only in canonical encoding: no other hash matches anything, by either engine. Costs up to 15, like `BCRYPT_COST`. */
const BCRYPT =
  /^\$lk1\$(?<pepperId>[0-9a-f]{8})(?<hash>\$2b\$(?<cost>0[4-9]|1[0-5])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/;

/**
 * Canonical base64 without padding, of 16 and 32 bytes: the last character of the salt carries 2 bits, that of the digest 4; the
 * rest of each is zero.
 */
const ARGON2ID_FORMAT =
  /^\$lk1\$(?<pepperId>[0-9a-f]{8})(?<hash>\$argon2id\$v=19\$m=(?<memory>[1-9]\d{0,4}),t=(?<passes>[1-9]),p=1\$[+/A-Za-z0-9]{21}[AQgw]\$[+/A-Za-z0-9]{42}[AEIMQUYcgkosw048])$/;
