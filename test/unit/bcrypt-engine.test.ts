import { describe, expect, test } from '@jest/globals';
import bcryptjs from 'bcryptjs';
import fc from 'fast-check';
import { loadEngine } from '../../src/platform/hashing/bcrypt-engine.js';
import { bcryptIsNative } from '../support/native-hashing.ts';

describe('bcrypt', () => {
  test('is computed by the native module where it is installed', async () => {
    expect((await loadEngine('auto')).name).toBe(bcryptIsNative ? 'native' : 'bcryptjs');
  });

  test('is computed by bcryptjs where the setting says so, and the native module is not loaded', async () => {
    const load = () => Promise.reject(new Error('it was loaded'));
    expect((await loadEngine('bcryptjs', load)).name).toBe('bcryptjs');
  });

  const right = {
    hashSync: (input: string, cost: number) => bcryptjs.hashSync(input, cost),
    verifySync: (input: string, hash: string) => bcryptjs.compareSync(input, hash),
  };
  const fails = () => {
    throw new Error('it does not run here');
  };

  test.each<[what: string, module: object]>([
    ['says yes to everything', { ...right, verifySync: () => true }],
    ['says no to everything', { ...right, verifySync: () => false }],
    [
      'reads eight characters',
      { ...right, verifySync: (input: string, hash: string) => right.verifySync(input.slice(0, 8), hash) },
    ],
    [
      'hashes something else',
      { ...right, hashSync: (input: string, cost: number) => right.hashSync(`${input}!`, cost) },
    ],
    ['makes hashes of another cost', { ...right, hashSync: (input: string) => right.hashSync(input, 5) }],
    ['fails to hash', { ...right, hashSync: fails }],
    ['fails to verify', { ...right, verifySync: fails }],
    ['has other functions', {}],
  ])('is computed by bcryptjs where the native module %s', async (_what, module) => {
    expect((await loadEngine('auto', async () => module as typeof right)).name).toBe('bcryptjs');
  });

  test('is computed by bcryptjs where the native module does not load', async () => {
    expect((await loadEngine('auto', async () => fails())).name).toBe('bcryptjs');
  });

  test('is computed by a module that gives the known answers', async () => {
    expect((await loadEngine('auto', async () => right)).name).toBe('native');
  });

  test('is the same by both, for passwords of any length and language, and hashes of any version', async () => {
    const [native, javaScript] = [await loadEngine('auto'), await loadEngine('bcryptjs')];
    const password = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 90 }),
      fc.string({ unit: 'binary', maxLength: 40 }),
    );
    const version = fc.constantFrom('2a', '2b', '2y');
    fc.assert(
      fc.property(password, password, version, (one, other, prefix) => {
        for (const [by, verifiedBy] of [
          [native, javaScript],
          [javaScript, native],
        ] as const) {
          const hash = by.hash(one, 4).replace('$2b$', `$${prefix}$`);
          expect(verifiedBy.compare(one, hash)).toBe(true);
          expect(verifiedBy.compare(other, hash)).toBe(by.compare(other, hash));
        }
      }),
      { numRuns: 50 },
    );
  });
});
