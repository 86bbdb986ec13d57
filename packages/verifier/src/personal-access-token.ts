import { crc32 } from 'node:zlib';

const PREFIX = 'lkp_';
const SHAPE = /^lkp_[0-9A-Za-z]{49}$/;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const CHECKSUM_LENGTH = 6;

/** Whether a token is, or claims to be, a personal access token. */
export const looksPersonal = (token: string) => token.startsWith(PREFIX);

/** Whether it may be one: its last six characters are a checksum, so that what is made up costs nobody a question. */
export function isWellFormed(token: string): boolean {
  return SHAPE.test(token) && token.slice(-CHECKSUM_LENGTH) === checksum(token.slice(0, -CHECKSUM_LENGTH));
}

function checksum(secret: string): string {
  let digits = '';
  for (let rest = crc32(secret); digits.length < CHECKSUM_LENGTH; rest = Math.floor(rest / ALPHABET.length))
    digits = ALPHABET[rest % ALPHABET.length] + digits;
  return digits;
}
