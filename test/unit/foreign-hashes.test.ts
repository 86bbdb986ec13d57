import { beforeAll, expect, test } from '@jest/globals';
import type { KeyDerivation } from '../../src/core/key-derivation.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import { parseForeignHash } from '../../src/modules/passwords/foreign-hash.ts';
import { PooledPasswordHasher } from '../../src/modules/passwords/pooled-password-hasher.ts';
import { loadArgon2 } from '../../src/platform/hashing/argon2-engine.js';
import { loadEngine } from '../../src/platform/hashing/bcrypt-engine.js';
import { compare, type Engines } from '../../src/platform/hashing/compare.js';
import { type ForeignHashExample, foreignHashes } from '../support/foreign-hashes.ts';
import { silentLogger } from '../support/logger.ts';
import { argon2IsInstalled } from '../support/native-hashing.ts';

const examples = foreignHashes.filter(({ hash }) => argon2IsInstalled || !hash.includes('$argon2'));
const named = examples.map(
  (example) => [`${example.hash.slice(0, 24)}… by ${example.origin}`, example] as const,
);

let engines: Engines;
let hasher: PooledPasswordHasher;

beforeAll(async () => {
  const argon2id = await loadArgon2();
  engines = { bcrypt: await loadEngine('auto'), argon2id: argon2id as Engines['argon2id'] };
  hasher = new PooledPasswordHasher({
    peppers: new SecretRing([new Secret('a pepper of thirty-two bytes, or more')]),
    algorithm: 'bcrypt',
    cost: 4,
    logger: silentLogger,
    pool: {
      jobsWaiting: 0,
      hash: async () => '',
      // As a hashing thread does, but without the work of mismatches.
      compare: async (input, hash) => compare(engines, { input, hash, least: [], padsMatch: false }),
      computes: (algorithm) => algorithm === 'bcrypt' || argon2id !== null,
    },
  });
});

test.each(named)('%s matches its password only, and is to be replaced', async (_name, { password, hash }) => {
  const parsed = parseForeignHash(hash);
  const stored = parsed.kind === 'foreign' ? parsed.text : parsed.reason;
  expect(await hasher.verify(password, stored, null)).toEqual({ matches: true, outdated: true });
  // Not at the end: bcrypt takes 72 bytes.
  expect((await hasher.verify(`.${password}`, stored, null)).matches).toBe(false);
});

test.each(
  named.filter(([, { password }]) => password.normalize('NFD') === password && /\p{M}/u.test(password)),
)('%s of a decomposed password does not match the composed one', async (_name, { password, hash }) => {
  expect((await hasher.verify(password.normalize('NFC'), hash, null)).matches).toBe(false);
});

test.each(
  named.filter(([, { password }]) => /[^\0-\x7f]/.test(password) && password === password.normalize('NFC')),
)('%s of a composed password matches the decomposed one', async (_name, { password, hash }) => {
  expect((await hasher.verify(password.normalize('NFD'), hash, null)).matches).toBe(true);
});

test('better-auth takes compatible characters for one password, as it did before', async () => {
  const [example] = foreignHashes.filter(
    ({ origin, password }) => origin.startsWith('better-auth') && password.includes('\ufb01'),
  );
  const { password, hash } = example as ForeignHashExample;
  expect((await hasher.verify(password.replace('\ufb01', 'fi'), hash, null)).matches).toBe(true);
});

const SALT = 'c2FsdHNhbHRzYWx0c2FsdA';
const DIGEST = 'A'.repeat(43);
const BCRYPT = `${'a'.repeat(21)}u${'a'.repeat(31)}`;
const firebase = (part: string) => `$fbscrypt$v=1,${part},sk=${DIGEST}=$${SALT}==$${DIGEST}=`;

test.each([
  ['a hash of Latchkey', `$lk1$0123abcd$2b$10$${BCRYPT}`, 'no supported format'],
  ['nothing', '', 'no supported format'],
  ['a password', 'correct horse battery staple', 'no supported format'],
  ['a line feed at the end', `$2b$10$${BCRYPT}\n`, 'not a hash of bcrypt'],
  ['the defective version of bcrypt', `$2x$10$${BCRYPT}`, 'not a hash of bcrypt'],
  ['bcrypt of too low a cost', `$2b$03$${BCRYPT}`, 'not a hash of bcrypt'],
  ['bcrypt of too high a cost', `$2b$15$${BCRYPT}`, 'above 14'],
  ['bcrypt in another encoding', `$2b$10$${'a'.repeat(53)}`, 'not canonical'],
  ['Django’s bcrypt of SHA-256', `bcrypt_sha256$$2b$10$${BCRYPT}`, 'no supported format'],
  ['Argon2d', `$argon2d$v=19$m=64,t=1,p=1$${SALT}$${DIGEST}`, 'not a hash of Argon2id'],
  ['Argon2 of version 16', `$argon2i$v=16$m=64,t=1,p=1$${SALT}$${DIGEST}`, 'not a hash of Argon2id'],
  ['Argon2 of too much memory', `$argon2id$v=19$m=262145,t=1,p=1$${SALT}$${DIGEST}`, '256 MiB'],
  ['Argon2 of too many passes', `$argon2id$v=19$m=262144,t=5,p=1$${SALT}$${DIGEST}`, '1 GiB'],
  ['Argon2 of more lanes than memory', `$argon2id$v=19$m=64,t=1,p=9$${SALT}$${DIGEST}`, 'contradict'],
  ['Argon2 of 256 lanes', `$argon2id$v=19$m=65536,t=1,p=256$${SALT}$${DIGEST}`, 'contradict'],
  ['Argon2 of a short salt', `$argon2id$v=19$m=64,t=1,p=1$c2FsdA$${DIGEST}`, 'too short'],
  ['Argon2 in another encoding', `$argon2id$v=19$m=64,t=1,p=1$${SALT.slice(0, -1)}B$${DIGEST}`, 'canonical'],
  ['scrypt of too much work', `$scrypt$ln=18,r=8,p=2$${SALT}$${DIGEST}`, '2^21'],
  ['scrypt of far too much work', `$scrypt$ln=99,r=999999999,p=999999999$${SALT}$${DIGEST}`, '2^21'],
  ['scrypt of too many lanes', `$scrypt$ln=1,r=1,p=16385$${SALT}$${DIGEST}`, 'r·p of scrypt is above 2^14'],
  ['scrypt of too large blocks', `$scrypt$ln=1,r=16385,p=1$${SALT}$${DIGEST}`, 'r·p of scrypt is above 2^14'],
  ['scrypt of a long key', `$scrypt$ln=14,r=8,p=1$${SALT}$${'A'.repeat(87)}`, 'no supported format'],
  ['scrypt of an impossible N', `$scrypt$ln=16,r=1,p=1$${SALT}$${DIGEST}`, 'no supported format'],
  ['Firebase’s scrypt of too much work', firebase('n=20,r=8,p=1,ss=Bw=='), '2^21'],
  ['Firebase’s scrypt with a hash of another length', `${firebase('n=14,r=8,p=1')}A`, 'no supported format'],
  ['better-auth with upper-case digits', `${'A'.repeat(32)}:${'0'.repeat(128)}`, 'no supported format'],
  ['PBKDF2 of too many iterations', `pbkdf2_sha256$2000001$salt$${DIGEST}=`, 'above 2000000'],
  ['PBKDF2 of a long key', `$pbkdf2-sha256$1000001$${SALT}$${'A'.repeat(86)}`, 'above 2000000'],
  ['PBKDF2 of no iterations', `pbkdf2_sha256$0$salt$${DIGEST}=`, 'no supported format'],
  ['PBKDF2 of a short key', `pbkdf2_sha256$1000$salt$${SALT}==`, 'no supported format'],
  ['PBKDF2 without a salt', `pbkdf2_sha256$1000$$${DIGEST}=`, 'no supported format'],
])('%s is refused, and why', (_what, hash, reason) => {
  expect(parseForeignHash(hash)).toEqual({ kind: 'refused', reason: expect.stringContaining(reason) });
});

test('what is accepted at the bounds is computed; a damaged hash is refused, or matches nothing', () => {
  const sample = examples.filter(({ hash }) => !/65536|102400|ln=16|1000000/.test(hash));
  const bounds = [
    `$2a$04$${BCRYPT}`,
    `$scrypt$ln=15,r=1,p=1$${SALT}$${DIGEST}`,
    `$scrypt$ln=1,r=1,p=16384$AA$${'A'.repeat(86)}`,
    `$pbkdf2-sha512$1$AA$${'A'.repeat(86)}`,
    firebase('n=1,r=1,p=1'),
    ...(argon2IsInstalled
      ? [
          `$argon2i$v=19$m=2040,t=1,p=255$c2FsdHNhbHQ$${SALT}`,
          `$argon2id$v=19$m=8,t=9,p=1$${'A'.repeat(86)}$${'A'.repeat(86)}`,
        ]
      : []),
  ];
  const compared = (hash: string | KeyDerivation) =>
    compare(engines, { input: 'correct horse battery staple', hash, least: [], padsMatch: false });
  // Without its padding, a hash is the same.
  const bare = (text: string) => text.replace(/=+$/, '');
  let accepted = 0;
  for (const text of bounds) {
    const parsed = parseForeignHash(text);
    expect(parsed).toMatchObject({ kind: 'foreign' });
    if (parsed.kind === 'foreign') expect(compared(parsed.hash)).toBe(false);
  }
  for (const { hash } of sample) {
    const damaged = [
      hash.slice(1),
      hash.slice(0, -1),
      `${hash}A`,
      `${hash}\0`,
      `${hash}=`,
      hash.replace(/\$[^$]*$/, '$'),
    ];
    for (let at = hash.length - 40; at < hash.length; at += 7)
      damaged.push(
        `${hash.slice(0, at)}A${hash.slice(at + 1)}`,
        `${hash.slice(0, at)}é${hash.slice(at + 1)}`,
      );
    for (const text of damaged.filter((each) => bare(each) !== bare(hash))) {
      const parsed = parseForeignHash(text);
      if (parsed.kind === 'refused') continue;
      accepted += 1;
      expect(compared(parsed.hash)).toBe(false);
    }
  }
  expect(accepted).toBeGreaterThan(10);
});
