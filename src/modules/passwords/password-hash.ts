import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

/**
 * A stored password hash.
 *  - `peppered`, ours: `$lk1$<pepper id>$2b$<cost>$<salt and digest>`, bcrypt over {@link preHash}.
 *  - `plain`, imported from another system: `$2a$…`, `$2b$…` or `$2y$…`, bcrypt over the password itself (its
 *    first 72 bytes).
 */
type StoredHash = PepperedHash | PlainHash;

interface PepperedHash {
  readonly kind: 'peppered';
  readonly pepperId: string;
  readonly bcrypt: string;
  readonly cost: number;
}

interface PlainHash {
  readonly kind: 'plain';
  readonly bcrypt: string;
  readonly cost: number;
}

/** Parses a stored hash; null if it is neither ours nor a bcrypt hash of an acceptable cost. */
export function parseStoredHash(stored: string): StoredHash | null {
  const { pepperId, bcrypt, cost } = STORED_HASH.exec(stored)?.groups ?? {};
  if (bcrypt === undefined) return null;
  const common = { bcrypt, cost: Number(cost) };
  return pepperId === undefined ? { kind: 'plain', ...common } : { kind: 'peppered', pepperId, ...common };
}

export function formatStoredHash({ pepperId, bcrypt }: { pepperId: string; bcrypt: string }): string {
  return `$lk1$${pepperId}${bcrypt}`;
}

/**
 * Input of bcrypt: base64(HMAC-SHA-384(password, pepper)), 64 characters for a password of any length. bcrypt alone
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
 * A bcrypt hash with a random digest: a comparison costs the full work, and nothing matches. Its encoding is canonical: the
 * native engine refuses another without any work, which would tell unknown accounts from known ones.
 */
export function decoyHash(cost: number): string {
  const saltAndDigest = Array.from(randomBytes(53), (byte, i) =>
    BCRYPT_ALPHABET.charAt(byte & (BITS_OF_LAST[i] ?? 0b111111)),
  ).join('');
  return `$2b$${String(cost).padStart(2, '0')}$${saltAndDigest}`;
}

const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** The last character of the salt carries 2 bits of 128, that of the digest 4 of 184; the rest of each is zero. */
const BITS_OF_LAST: Readonly<Record<number, number>> = { 21: 0b110000, 52: 0b111100 };

/**
 * Only in canonical encoding: no other hash matches anything, by either engine. Costs up to 15, like `BCRYPT_COST`; they take
 * seconds. Imported hashes of a higher cost could block all workers.
 */
const STORED_HASH =
  /^(?:\$lk1\$(?<pepperId>[0-9a-f]{8})(?=\$2b))?(?<bcrypt>\$2[aby]\$(?<cost>0[4-9]|1[0-5])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26])$/;
