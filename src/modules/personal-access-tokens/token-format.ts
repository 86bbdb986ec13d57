import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** What of a token may be kept: nothing that it could be made from again. */
export interface TokenImprint {
  /** SHA-256 of the whole token. 256 random bits need no slow hash (OWASP ASVS 6.5.2 asks for 112). */
  readonly digest: Buffer;
  /** Prefix and last four characters: for people, to tell their tokens apart. */
  readonly hint: string;
}

/** Fixed, so that secret scanners recognise a leaked token, and can tell from the checksum that it is one. */
const PREFIX = 'lkp_';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_BYTES = 32;

/** The fewest base62 characters that hold 256, and 32, bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

const SHAPE = new RegExp(`^${PREFIX}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/** A new token: `lkp_`, 32 random bytes and their checksum, both in base62. */
export function mintToken(random: (size: number) => Buffer = randomBytes): string {
  const secret = PREFIX + toBase62(BigInt(`0x${random(SECRET_BYTES).toString('hex')}`), SECRET_LENGTH);
  return secret + checksum(secret);
}

/**
 * The imprint of what looks like a token, or null: one that was mistyped, cut off or made up is told from a real one by its
 * checksum, before anything is looked up.
 */
export function imprintOf(token: string): TokenImprint | null {
  if (!SHAPE.test(token)) return null;
  const secret = token.slice(0, -CHECKSUM_LENGTH);
  if (token.slice(-CHECKSUM_LENGTH) !== checksum(secret)) return null;
  return { digest: createHash('sha256').update(token).digest(), hint: `${PREFIX}…${token.slice(-4)}` };
}

/** Is this meant to be one? Tells which of our verifiers a credential is for. */
export function looksLikeToken(credential: string): boolean {
  return credential.startsWith(PREFIX);
}

function checksum(secret: string): string {
  return toBase62(BigInt(crc32(secret)), CHECKSUM_LENGTH);
}

function toBase62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = ALPHABET[Number(rest % 62n)] + digits;
  return digits;
}
