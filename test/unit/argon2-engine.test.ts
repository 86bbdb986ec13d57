import { describe, expect, test } from '@jest/globals';
import { loadArgon2 } from '../../src/platform/hashing/argon2-engine.js';
import { argon2IsInstalled } from '../support/native-hashing.ts';

type NativeModule = Awaited<ReturnType<NonNullable<Parameters<typeof loadArgon2>[0]>>>;

const fails = () => {
  throw new Error('it does not run here');
};

test('Argon2id is computed where the native module is installed', async () => {
  expect((await loadArgon2()) !== null).toBe(argon2IsInstalled);
});

test('Argon2id is not computed where the native module does not load', async () => {
  expect(await loadArgon2(async () => fails())).toBeNull();
});

(argon2IsInstalled ? describe : describe.skip)('Argon2id, where the native module is installed,', () => {
  const load = async (): Promise<NativeModule> => import('@node-rs/argon2');

  // phc-winner-argon2 20190702, src/test.c.
  test.each([
    [
      'password',
      'm=65536,t=2',
      'c29tZXNhbHQ',
      '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
    ],
    [
      'password',
      'm=256,t=2',
      'c29tZXNhbHQ',
      '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
    ],
    [
      'password',
      'm=65536,t=1',
      'c29tZXNhbHQ',
      'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98',
    ],
    [
      'password',
      'm=65536,t=4',
      'c29tZXNhbHQ',
      '9025d48e68ef7395cca9079da4c4ec3affb3c8911fe4f86d1a2520856f63172c',
    ],
    [
      'differentpassword',
      'm=65536,t=2',
      'c29tZXNhbHQ',
      '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
    ],
    [
      'password',
      'm=65536,t=2',
      'ZGlmZnNhbHQ',
      'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c',
    ],
  ])(
    'is that of the reference implementation: %s, %s, salt %s',
    async (password, parameters, salt, digest) => {
      const engine = await loadArgon2();
      const encoded = Buffer.from(digest, 'hex').toString('base64').replaceAll('=', '');
      const hash = `$argon2id$v=19$${parameters},p=1$${salt}$${encoded}`;
      expect(engine?.compare(password, hash)).toBe(true);
      expect(engine?.compare(`${password}.`, hash)).toBe(false);
    },
  );

  test('makes hashes of the parameters given, each with a salt of its own', async () => {
    const engine = await loadArgon2();
    const [one, two] = [1, 2].map(() => engine?.hash('a password', { memoryKib: 64, passes: 3 }) ?? '');
    expect(one).toMatch(/^\$argon2id\$v=19\$m=64,t=3,p=1\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$/);
    expect(one).not.toBe(two);
    expect(engine?.compare('a password', one ?? '')).toBe(true);
  });

  test.each<[what: string, broken: (right: NativeModule) => object]>([
    ['says yes to everything', (right) => ({ ...right, verifySync: () => true })],
    ['says no to everything', (right) => ({ ...right, verifySync: () => false })],
    [
      'reads 63 characters',
      ({ hashSync, verifySync }) => ({
        hashSync: (input: string, options: never) => hashSync(input.slice(0, 63), options),
        verifySync: (hash: string, input: string) => verifySync(hash, input.slice(0, 63)),
      }),
    ],
    [
      'hashes something else',
      ({ hashSync, verifySync }) => ({
        hashSync: (input: string, options: never) => hashSync(`${input}!`, options),
        verifySync,
      }),
    ],
    [
      'uses the same salt each time',
      ({ hashSync, verifySync }) => ({
        hashSync: (input: string, options: object) =>
          hashSync(input, { salt: Buffer.alloc(16), ...options } as never),
        verifySync,
      }),
    ],
    [
      'makes hashes of another cost',
      ({ hashSync, verifySync }) => ({
        hashSync: (input: string, options: { salt?: unknown }) =>
          hashSync(input, (options.salt ? options : { ...options, timeCost: 2 }) as never),
        verifySync,
      }),
    ],
    [
      'makes hashes of another variant',
      ({ hashSync, verifySync }) => ({
        hashSync: (input: string, options: object) => hashSync(input, { ...options, algorithm: 1 } as never),
        verifySync,
      }),
    ],
    ['fails to hash', (right) => ({ ...right, hashSync: fails })],
    ['fails to verify', (right) => ({ ...right, verifySync: fails })],
    ['has other functions', () => ({})],
  ])('is not computed by a module that %s', async (_what, broken) => {
    const { hashSync, verifySync } = await load();
    const right = { hashSync, verifySync } as NativeModule;
    expect(await loadArgon2(async () => right)).not.toBeNull();
    expect(await loadArgon2(async () => broken(right) as NativeModule)).toBeNull();
  });
});
