import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  imprintOf,
  looksLikeToken,
  mintToken,
} from '../../src/modules/personal-access-tokens/token-format.ts';
import { RANDOM_TOKENS } from '../support/amounts.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const PREFIX_LENGTH = 4;
const CHECKSUM_LENGTH = 6;

const secretBytes = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const tokens = secretBytes.map(tokenOf);

function tokenOf(bytes: Buffer): string {
  return mintToken(() => bytes);
}

describe('a new token', () => {
  test('is lkp_ and 49 letters and digits, whatever its bytes are', () => {
    fc.assert(
      fc.property(tokens, (token) => /^lkp_[0-9A-Za-z]{49}$/.test(token)),
      { numRuns: RANDOM_TOKENS },
    );
  });

  test('asks for 32 random bytes, and holds every bit of them', () => {
    const asked: number[] = [];
    mintToken((size) => {
      asked.push(size);
      return Buffer.alloc(size);
    });
    expect(asked).toEqual([32]);
    // The number is written in base 62 as it is: nothing is reduced, so no value is likelier than another.
    const property = fc.property(secretBytes, (bytes) => decode(tokenOf(bytes)).equals(bytes));
    fc.assert(property, { numRuns: RANDOM_TOKENS });
  });

  test('is as long as any other when its first bytes are zero, or all of them', () => {
    for (let zeros = 0; zeros <= 32; zeros += 1) {
      const bytes = Buffer.concat([Buffer.alloc(zeros), Buffer.alloc(32 - zeros, 0xff)]);
      const token = tokenOf(bytes);
      expect(token).toHaveLength(53);
      expect(decode(token)).toEqual(bytes);
    }
  });

  test('is like no other of a thousand, nor is its digest', () => {
    const minted = Array.from({ length: 1_000 }, () => mintToken());
    expect(new Set(minted).size).toBe(1_000);
    expect(new Set(minted.map((token) => imprintOf(token)?.digest.toString('hex'))).size).toBe(1_000);
  });
});

describe('the imprint of a token', () => {
  test('is the SHA-256 of all of it, and a hint that shows four of the six characters of its checksum', () => {
    const property = fc.property(tokens, (token) => {
      expect(imprintOf(token)).toEqual({
        digest: createHash('sha256').update(token).digest(),
        hint: `lkp_…${token.slice(-CHECKSUM_LENGTH).slice(2)}`,
      });
    });
    fc.assert(property, { numRuns: RANDOM_TOKENS });
  });

  test('is not to be had for its hint, in any form', () => {
    const token = mintToken();
    const { hint = '' } = imprintOf(token) ?? {};
    for (const attempt of [hint, hint.replace('…', ''), hint.replace('…', '0'.repeat(45))])
      expect(imprintOf(attempt)).toBeNull();
  });
});

/**
 * A CRC of 32 bits misses no error within 32 bits in a row, and the checksum is written in one way only: so one wrong
 * character is seen always, and so are two neighbours that changed places. What is wrong all over is missed once in 2^32.
 */
describe('a token that was mistyped', () => {
  test('by any one character, at any place, is seen', () => {
    for (const token of [mintToken(), tokenOf(Buffer.alloc(32)), tokenOf(Buffer.alloc(32, 0xff))]) {
      for (let at = 0; at < token.length; at += 1) {
        for (const character of `${ALPHABET}_-.+/= é`) {
          if (character === token[at]) continue;
          expect(imprintOf(token.slice(0, at) + character + token.slice(at + 1))).toBeNull();
        }
      }
    }
  });

  test('by two neighbours that changed places, is seen', () => {
    const property = fc.property(tokens, (token) => {
      for (let at = 0; at < token.length - 1; at += 1) {
        const [a = '', b = ''] = token.slice(at, at + 2);
        if (a !== b) expect(imprintOf(token.slice(0, at) + b + a + token.slice(at + 2))).toBeNull();
      }
    });
    fc.assert(property, { numRuns: RANDOM_TOKENS / 10 });
  });

  test('by the case of its letters, is seen', () => {
    const property = fc.property(tokens, (token) => {
      const body = token.slice(PREFIX_LENGTH);
      for (const flipped of [
        flipCase(token),
        token.toUpperCase(),
        token.toLowerCase(),
        `lkp_${flipCase(body)}`,
        `lkp_${body.toUpperCase()}`,
        `lkp_${body.toLowerCase()}`,
      ]) {
        if (flipped !== token) expect(imprintOf(flipped)).toBeNull();
      }
    });
    fc.assert(property, { numRuns: RANDOM_TOKENS });
  });

  test('by what is missing, from either end or within, is seen', () => {
    const token = mintToken();
    for (let length = 0; length < token.length; length += 1) {
      expect(imprintOf(token.slice(0, length))).toBeNull();
      expect(imprintOf(token.slice(length + 1))).toBeNull();
      expect(imprintOf(token.slice(0, length) + token.slice(length + 1))).toBeNull();
    }
  });

  test('by what is there too much, is seen', () => {
    const property = fc.property(
      tokens,
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.nat(53),
      (token, more, at) => {
        expect(imprintOf(token.slice(0, at) + more + token.slice(at))).toBeNull();
      },
    );
    fc.assert(property, { numRuns: RANDOM_TOKENS });
    const token = mintToken();
    for (const more of ['\n', '\r\n', ' ', '\0', '=', token]) {
      expect([imprintOf(token + more), imprintOf(more + token)]).toEqual([null, null]);
    }
  });

  test('or made up, has no imprint', () => {
    const body = fc.string({ unit: fc.constantFrom(...ALPHABET), minLength: 49, maxLength: 49 });
    fc.assert(
      fc.property(body, (made) => imprintOf(`lkp_${made}`) === null),
      { numRuns: RANDOM_TOKENS * 10 },
    );
  });
});

describe('what looks like a token', () => {
  test('begins with lkp_, be it one or not; nothing else does', () => {
    expect(['lkp_', 'lkp_nonsense', mintToken()].map(looksLikeToken)).toEqual([true, true, true]);
    expect(['', 'LKP_', 'lkr_x', ' lkp_', 'ey.lkp_.x'].map(looksLikeToken)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });
});

/** The bytes that a token was made of. */
function decode(token: string): Buffer {
  let value = 0n;
  for (const digit of token.slice(PREFIX_LENGTH, -CHECKSUM_LENGTH))
    value = value * 62n + BigInt(ALPHABET.indexOf(digit));
  return Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
}

function flipCase(text: string): string {
  return [...text].map((c) => (c === c.toLowerCase() ? c.toUpperCase() : c.toLowerCase())).join('');
}
