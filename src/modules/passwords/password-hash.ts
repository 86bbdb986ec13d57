import { createHmac, randomBytes } from 'node:crypto';
import type { Secret } from '../../core/secret.ts';

/**
 * A password as it is stored.
 *  - `peppered`, ours: `$lk1$<pepper id>$2b$<cost>$<salt and digest>`, bcrypt over {@link preHash}.
 *  - `plain`, imported from elsewhere: `$2a$…`, `$2b$…` or `$2y$…`, bcrypt over the password itself (its
 *    first 72 bytes).
 */
export type StoredHash = PepperedHash | PlainHash;

export interface PepperedHash {
  readonly kind: 'peppered';
  readonly pepperId: string;
  readonly bcrypt: string;
  readonly cost: number;
}

export interface PlainHash {
  readonly kind: 'plain';
  readonly bcrypt: string;
  readonly cost: number;
}

/** The parts of a stored hash; null when it is neither ours nor a bcrypt hash that we would spend the time on. */
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
 * What bcrypt is given: base64(HMAC-SHA-384(password, pepper)), 64 characters for a password of any length.
 * bcrypt alone reads no further than 72 bytes (CVE-2025-22228) or, in some versions, the first NUL; base64 has
 * neither. It is keyed, since bcrypt over a plain digest can be searched with digests that leaked elsewhere
 * (OWASP Password Storage Cheat Sheet).
 *
 * @param normalized the password after `normalizePassword`.
 */
export function preHash(normalized: string, pepper: Secret): string {
  return createHmac('sha384', pepper.reveal()).update(normalized, 'utf8').digest('base64');
}

/** A bcrypt hash of nothing: its digest is random, so comparing takes all of the work and nothing matches. */
export function decoyHash(cost: number): string {
  const saltAndDigest = Array.from(randomBytes(53), (byte) => BCRYPT_ALPHABET.charAt(byte % 64)).join('');
  return `$2b$${String(cost).padStart(2, '0')}$${saltAndDigest}`;
}

const BCRYPT_ALPHABET = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** Costs up to 15, as `BCRYPT_COST`: seconds. An imported hash that asks for more could keep all workers busy. */
const STORED_HASH =
  /^(?:\$lk1\$(?<pepperId>[0-9a-f]{8})(?=\$2b))?(?<bcrypt>\$2[aby]\$(?<cost>0[4-9]|1[0-5])\$[./A-Za-z0-9]{53})$/;
