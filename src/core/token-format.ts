import { createHash, randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The parts of a token that may be stored: the token cannot be derived from them. */
export interface TokenImprint {
  /** SHA-256 of the whole token. 256 random bits need no slow hash (OWASP ASVS 6.5.2 asks for 112). */
  readonly digest: Buffer;
  /** Prefix and last four characters, by which people recognise their tokens. */
  readonly hint: string;
}

/** Random tokens of one kind: a prefix, 32 random bytes and their checksum, both in base62. */
export interface TokenFormat {
  mint(random?: (size: number) => Buffer): string;
  /**
   * The imprint of a well-formed token, or null. The checksum rejects mistyped, truncated and made-up ones before any
   * look-up.
   */
  imprintOf(token: string): TokenImprint | null;
  /** Whether a credential has the prefix of this kind. */
  recognises(credential: string): boolean;
}

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_BYTES = 32;

/** The fewest base62 characters that hold 256 and 32 bits. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/** The format with this prefix, by which secret scanners recognise leaked tokens; they confirm a match by the checksum. */
export function tokenFormat(prefix: string): TokenFormat {
  const shape = new RegExp(`^${prefix}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);
  return {
    mint(random = randomBytes) {
      const secret = prefix + toBase62(BigInt(`0x${random(SECRET_BYTES).toString('hex')}`), SECRET_LENGTH);
      return secret + checksum(secret);
    },
    imprintOf(token) {
      if (!shape.test(token)) return null;
      const secret = token.slice(0, -CHECKSUM_LENGTH);
      if (token.slice(-CHECKSUM_LENGTH) !== checksum(secret)) return null;
      return { digest: createHash('sha256').update(token).digest(), hint: `${prefix}…${token.slice(-4)}` };
    },
    recognises: (credential) => credential.startsWith(prefix),
  };
}

function checksum(secret: string): string {
  return toBase62(BigInt(crc32(secret)), CHECKSUM_LENGTH);
}

function toBase62(value: bigint, length: number): string {
  let digits = '';
  for (let rest = value; digits.length < length; rest /= 62n) digits = ALPHABET[Number(rest % 62n)] + digits;
  return digits;
}
