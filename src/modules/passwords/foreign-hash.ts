import { decodeBase64, isOfLength } from './foreign-encoding.ts';
import { type ForeignHash, type RefusedHash, refused, tooCostly } from './foreign-hash-outcome.ts';
import { parseKeyDerivation } from './foreign-key-derivation.ts';

/**
 * Bounds on the cost of foreign hashes: about a second on one thread, which everyone else who signs in waits for. They are above
 * the defaults of the systems that are known to make such hashes (Django 6: PBKDF2 of 1,200,000 iterations, Argon2id of
 * 100 MiB; passlib: scrypt of N = 2^16, r = 8) and the recommendations of OWASP.
 */
const MAX_BCRYPT_COST = 14;
const MAX_ARGON2_MEMORY_KIB = 262_144;
/** KiB times passes: 1 GiB written once, or 256 MiB four times. */
const MAX_ARGON2_WORK_KIB = 1_048_576;

/** Parses a hash of another system, only in canonical encoding: no other hash matches anything, by any engine. */
export function parseForeignHash(text: string): ForeignHash | RefusedHash {
  // Django names the algorithm before a hash that has a name of its own.
  const hash = text.replace(/^(?:argon2(?=\$argon2)|bcrypt\$(?=\$2))/, '');
  if (hash.startsWith('$2')) return parseBcrypt(hash);
  if (hash.startsWith('$argon2')) return parseArgon2(hash);
  return parseKeyDerivation(hash);
}

function parseBcrypt(text: string): ForeignHash | RefusedHash {
  const [, costDigits, saltAndDigest = ''] = BCRYPT.exec(text) ?? [];
  const cost = Number(costDigits);
  if (costDigits === undefined || cost < 4)
    return refused('This is not a hash of bcrypt ($2a$, $2b$ or $2y$).');
  if (cost > MAX_BCRYPT_COST) return tooCostly(`The cost of bcrypt is above ${MAX_BCRYPT_COST}`);
  if (!CANONICAL_BCRYPT.test(saltAndDigest))
    return refused('The encoding of the bcrypt hash is not canonical.');
  return { kind: 'foreign', text, algorithm: 'bcrypt', hash: text, normalization: null };
}

function parseArgon2(text: string): ForeignHash | RefusedHash {
  const [, memory, passes, lanes, salt = '', digest = ''] = ARGON2.exec(text) ?? [];
  const [memoryKib, work] = [Number(memory), Number(memory) * Number(passes)];
  if (memory === undefined) return refused('This is not a hash of Argon2id or Argon2i, version 19.');
  if (memoryKib < 8 * Number(lanes) || Number(lanes) > 255)
    return refused('The parameters of Argon2 contradict each other: it takes 8 KiB for each lane.');
  if (memoryKib > MAX_ARGON2_MEMORY_KIB) return tooCostly('The memory of Argon2 is above 256 MiB');
  if (work > MAX_ARGON2_WORK_KIB) return tooCostly('Memory times passes of Argon2 is above 1 GiB');
  if (!isOfLength(decodeBase64(salt), 8, 64) || !isOfLength(decodeBase64(digest), 16, 64))
    return refused('The salt or the digest of Argon2 is too short, too long, or not in canonical base64.');
  return { kind: 'foreign', text, algorithm: 'argon2id', hash: text, normalization: null };
}

const BCRYPT = /^\$2[aby]\$(\d\d)\$([./A-Za-z0-9]{53})$/;
/** The last character of the salt carries 2 bits, that of the digest 4; the rest of each is zero. */
const CANONICAL_BCRYPT = /^.{21}[.Oeu].{30}[.CGKOSWaeimquy26]$/;

const ARGON2 =
  /^\$argon2id?\$v=19\$m=([1-9]\d{0,9}),t=([1-9]\d{0,9}),p=([1-9]\d{0,2})\$([+/A-Za-z0-9]+)\$([+/A-Za-z0-9]+)$/;
