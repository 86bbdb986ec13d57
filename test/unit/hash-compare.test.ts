import { expect, test } from '@jest/globals';
import type { HashScheme } from '../../src/core/hash-scheme.ts';
import type { KeyDerivation } from '../../src/core/key-derivation.ts';
import { decoyHash } from '../../src/modules/passwords/password-hash.ts';
import { compare } from '../../src/platform/hashing/compare.js';

const bcrypt = (cost: number): HashScheme => ({ kind: 'bcrypt', cost });
const argon2id = (memoryKib: number, passes: number): HashScheme => ({ kind: 'argon2id', memoryKib, passes });

const derivation: KeyDerivation = {
  kind: 'pbkdf2',
  digest: 'sha256',
  iterations: 1,
  salt: new Uint8Array(8),
  key: new Uint8Array(32),
};

/** Compares with engines that count their work: rounds of bcrypt, and KiB times passes of Argon2id. */
function workOf(
  hash: string | KeyDerivation,
  least: readonly HashScheme[],
  matches = false,
  padsMatch = false,
  input: string | readonly string[] = 'a password',
) {
  const work = { bcrypt: 0, argon2id: 0 };
  const engines = {
    bcrypt: {
      hash: (_input: string, cost: number) => {
        work.bcrypt += 2 ** cost;
        return '';
      },
      compare: (_input: string, stored: string) => {
        work.bcrypt += 2 ** Number(stored.slice(4, 6));
        return matches;
      },
    },
    argon2id: {
      hash: (_input: string, { memoryKib, passes }: { memoryKib: number; passes: number }) => {
        work.argon2id += memoryKib * passes;
        return '';
      },
      compare: (_input: string, stored: string) => {
        const [, memory, passes] = /m=(\d+),t=(\d+)/.exec(stored) ?? [];
        work.argon2id += Number(memory) * Number(passes);
        return matches;
      },
    },
  };
  expect(compare(engines, { input, hash, least, padsMatch })).toBe(matches);
  return work;
}

test.each([
  ['bcrypt', bcrypt(10)],
  ['bcrypt of a lower cost', bcrypt(5)],
  ['Argon2id', argon2id(19_456, 2)],
  ['Argon2id of less memory', argon2id(9_728, 2)],
  ['Argon2id of fewer passes', argon2id(19_456, 1)],
  ['Argon2id of the least memory', argon2id(8, 1)],
])('a mismatch does the work of both algorithms, whichever the hash is of: %s', (_what, scheme) => {
  const work = workOf(decoyHash(scheme), [bcrypt(10), argon2id(19_456, 2)]);
  expect(work).toEqual({ bcrypt: 2 ** 10, argon2id: 2 * 19_456 });
});

test('a mismatch does no work of an algorithm that is not asked for', () => {
  expect(workOf(decoyHash(bcrypt(5)), [bcrypt(10)])).toEqual({ bcrypt: 2 ** 10, argon2id: 0 });
});

test.each([
  ['Argon2i', `$argon2i${decoyHash(argon2id(9_728, 1)).slice('$argon2id'.length)}`, 2 * 19_456],
  ['Argon2id of more memory', decoyHash(argon2id(65_536, 3)), 3 * 65_536],
  ['PBKDF2', derivation, 2 * 19_456],
])('a mismatch with a hash of another system does no less work: %s', (_what, hash, argon2Work) => {
  const work = workOf(hash, [bcrypt(10), argon2id(19_456, 2)]);
  expect(work).toEqual({ bcrypt: 2 ** 10, argon2id: argon2Work });
});

test('of two inputs each does the work, whatever the hash is of, and whether or not a hidden match is the first', () => {
  const least = [bcrypt(10), argon2id(19_456, 2)];
  for (const scheme of [bcrypt(5), bcrypt(10), argon2id(64, 1), argon2id(19_456, 2)]) {
    for (const matches of [false, true])
      expect(workOf(decoyHash(scheme), least, matches, matches, ['one', 'other'])).toEqual({
        bcrypt: 2 * 2 ** 10,
        argon2id: 4 * 19_456,
      });
  }
});

test('a match does no more than its own work', () => {
  const least = [bcrypt(10), argon2id(19_456, 2)];
  expect(workOf(decoyHash(bcrypt(5)), least, true)).toEqual({ bcrypt: 2 ** 5, argon2id: 0 });
  expect(workOf(decoyHash(argon2id(64, 1)), least, true)).toEqual({ bcrypt: 0, argon2id: 64 });
});

test('a match does the work of a mismatch for a caller who must not learn of it', () => {
  const least = [bcrypt(10), argon2id(19_456, 2)];
  for (const scheme of [bcrypt(5), bcrypt(10), argon2id(64, 1), argon2id(19_456, 2)])
    expect(workOf(decoyHash(scheme), least, true, true)).toEqual({ bcrypt: 2 ** 10, argon2id: 2 * 19_456 });
});
