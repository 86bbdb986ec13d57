import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import bcrypt from 'bcryptjs';
import fc from 'fast-check';
import type { HashAlgorithm, HashScheme } from '../../src/core/hash-scheme.ts';
import type { HashingTurn, Logger } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import {
  ARGON2ID,
  decoyHash,
  formatStoredHash,
  parseStoredHash,
  preHash,
} from '../../src/modules/passwords/password-hash.ts';
import { type HashPool, PooledPasswordHasher } from '../../src/modules/passwords/pooled-password-hasher.ts';

const COST = 4;
const oldPepper = new Secret('an old pepper of thirty-two bytes');
const newPepper = new Secret('a new pepper of thirty-two bytes.');
const lostPepper = new Secret('a pepper that nobody kept a copy.');

/** In canonical encoding, as every real hash. */
const SALT_AND_DIGEST = `${'a'.repeat(21)}u${'a'.repeat(31)}`;

describe('stored hashes', () => {
  test('name their scheme, pepper and cost, and contain no pepper', async () => {
    const { hasher, peppers } = setUp();
    const stored = await hasher.hash('correct horse battery', null);
    expect(stored).toMatch(/^\$lk1\$[0-9a-f]{8}\$2b\$04\$[./A-Za-z0-9]{53}$/);
    expect(parseStoredHash(stored)).toMatchObject({
      kind: 'peppered',
      pepperId: peppers.current.id,
      scheme: { kind: 'bcrypt', cost: COST },
    });
    expect(stored).not.toContain(newPepper.reveal());
  });

  test('are bcrypt over base64(HMAC-SHA-384(password, pepper))', async () => {
    // printf 'correct horse battery' | openssl dgst -sha384 -hmac 'a new pepper of thirty-two bytes.' -binary | base64
    const expected = 'xnS04tHZj/q6tGLOJPKO5ij0g3KAUbOfuPiSoY9J3YN3NPpDdL+y6fvZDqDiwpVh';
    expect(preHash('correct horse battery', newPepper)).toBe(expected);
    const stored = parseStoredHash(await setUp().hasher.hash('correct horse battery', null));
    expect(bcrypt.compareSync(expected, String(stored?.hash))).toBe(true);
  });

  test('of one password are all different: each has its own salt', async () => {
    const { hasher } = setUp();
    const hashes = await Promise.all(
      Array.from({ length: 20 }, () => hasher.hash('the same password', null)),
    );
    expect(new Set(hashes.map((hash) => hash.slice(0, -31))).size).toBe(20);
  });

  test('of other systems are recognised, everything else is not', () => {
    const tail = `10$${SALT_AND_DIGEST}`;
    for (const version of ['2a', '2b', '2y']) {
      expect(parseStoredHash(`$${version}$${tail}`)).toEqual({
        kind: 'foreign',
        text: `$${version}$${tail}`,
        algorithm: 'bcrypt',
        hash: `$${version}$${tail}`,
        normalization: null,
      });
    }
    const foreign = [
      '',
      `$2x$${tail}`,
      `$2b$${tail}a`,
      `$2b$${tail}\n`,
      `$2b$03$${SALT_AND_DIGEST}`,
      `$2b$32$${SALT_AND_DIGEST}`,
      // Bits set beyond the salt, and beyond the digest.
      `$2b$10$${'a'.repeat(53)}`,
      `$2b$${tail.slice(0, -1)}b`,
      `$lk1$0123abcd$2y$${tail}`,
      `$lk1$0123abc$2b$${tail}`,
      `$lk2$0123abcd$2b$${tail}`,
    ];
    expect(foreign.filter((stored) => parseStoredHash(stored) !== null)).toEqual([]);
  });

  test('of Argon2id name their scheme, pepper and parameters', async () => {
    const { hasher, peppers } = setUp({ algorithm: 'argon2id' });
    const stored = await hasher.hash('correct horse battery', null);
    expect(stored).toMatch(
      /^\$lk1\$[0-9a-f]{8}\$argon2id\$v=19\$m=19456,t=2,p=1\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$/,
    );
    expect(parseStoredHash(stored)).toEqual({
      kind: 'peppered',
      pepperId: peppers.current.id,
      hash: stored.slice('$lk1$01234567'.length),
      scheme: { kind: 'argon2id', memoryKib: 19_456, passes: 2 },
    });
  });

  test('of Argon2id are recognised with our parameters or lower ones, and in canonical encoding only', () => {
    const [salt, digest] = [`${'a'.repeat(21)}w`, `${'/'.repeat(42)}8`];
    const stored = (parameters: string, tail = `${salt}$${digest}`) =>
      `$lk1$0123abcd$argon2id$v=19$${parameters}$${tail}`;
    for (const parameters of ['m=19456,t=2,p=1', 'm=19456,t=1,p=1', 'm=8,t=2,p=1'])
      expect(parseStoredHash(stored(parameters))).not.toBeNull();
    const ours = stored('m=19456,t=2,p=1');
    const foreign = [
      stored('m=19457,t=2,p=1'),
      stored('m=19456,t=3,p=1'),
      stored('m=19456,t=2,p=2'),
      stored('m=7,t=2,p=1'),
      stored('m=19456,t=0,p=1'),
      stored('m=019456,t=2,p=1'),
      stored('m=19456,t=02,p=1'),
      stored('t=2,m=19456,p=1'),
      stored('m=19456,t=2,p=1,keyid=Hj5+'),
      // Bits set beyond the salt, and beyond the digest; padding; other lengths.
      stored('m=19456,t=2,p=1', `${'a'.repeat(22)}$${digest}`),
      stored('m=19456,t=2,p=1', `${salt}$${'/'.repeat(43)}`),
      stored('m=19456,t=2,p=1', `${salt}==$${digest}=`),
      stored('m=19456,t=2,p=1', `${salt}$${digest.slice(1)}`),
      stored('m=19456,t=2,p=1', `${salt.slice(1)}$${digest}`),
      `${ours}\n`,
      ours.replace('v=19', 'v=16'),
      ours.replace('argon2id', 'argon2i'),
      ours.replace('lk1', 'lk2'),
    ];
    expect(foreign.filter((hash) => parseStoredHash(hash) !== null)).toEqual([]);
  });

  test('that would take longer than seconds to compare are not compared', () => {
    expect(parseStoredHash(`$lk1$0123abcd$2b$15$${SALT_AND_DIGEST}`)).not.toBeNull();
    expect(parseStoredHash(`$lk1$0123abcd$2b$16$${SALT_AND_DIGEST}`)).toBeNull();
  });

  test('a decoy is a well-formed hash of the same cost, new for each process', () => {
    for (const scheme of [{ kind: 'bcrypt', cost: 12 }, ARGON2ID] as const) {
      // Our own prefix, since Argon2id hashes are recognised with it only.
      const decoys = Array.from({ length: 200 }, () => `$lk1$0123abcd${decoyHash(scheme)}`);
      expect(new Set(decoys).size).toBe(200);
      // Canonical: any other is refused at once by the native engine.
      for (const decoy of decoys) expect(parseStoredHash(decoy)).toMatchObject({ scheme });
    }
  });
});

describe('a password', () => {
  const edge = (length: number, unit = 'x') => [
    unit.repeat(length),
    `${unit.repeat(length - 1)}${unit === 'x' ? 'y' : '🐻'}`,
  ];

  test.each([
    ['72 characters that differ in the last', ...edge(72)],
    ['73 characters that differ in the last', ...edge(73)],
    ['128 characters that differ in the last', ...edge(128)],
    ['64 characters of four bytes that differ in the last', ...edge(64, '🦊')],
    ['what follows a NUL', 'secret\0one and more', 'secret\0two and more'],
    ['NUL itself', 'secret and more\0', 'secret and more'],
    ['a carriage return', 'secret and more\r', 'secret and more'],
    ['a line feed', 'secret\nand more', 'secret and more'],
    ['a tab', 'secret\tand more', 'secret and more'],
    ['a leading space', ' secret and more', 'secret and more'],
    ['a trailing space', 'secret and more ', 'secret and more'],
    ['case', 'Secret and more', 'secret and more'],
    ['a compatibility character', 'ﬁrst of all and more', 'first of all and more'],
  ])('matches exactly: %s makes another one', async (_, password, other) => {
    const { hasher } = setUp();
    const stored = await hasher.hash(password as string, null);
    expect(await hasher.verify(password as string, stored, null)).toEqual({ matches: true, outdated: false });
    expect(await hasher.verify(other as string, stored, null)).toEqual({ matches: false, outdated: false });
  });

  test('set composed or decomposed matches the other spelling', async () => {
    const { hasher } = setUp();
    const text = 'Ångström façade 각';
    for (const [set, sent] of [
      ['NFC', 'NFD'],
      ['NFD', 'NFC'],
    ] as const) {
      const stored = await hasher.hash(text.normalize(set), null);
      expect((await hasher.verify(text.normalize(sent), stored, null)).matches).toBe(true);
    }
  });

  test('with a lone surrogate is never hashed, and never matches the replacement character', async () => {
    const { hasher, pool } = setUp();
    await expect(hasher.hash('secret \ud83d', null)).rejects.toThrow(TypeError);
    expect(pool.hashes).toBe(0);
    const stored = await hasher.hash('secret \ufffd', null);
    expect((await hasher.verify('secret \ud83d', stored, null)).matches).toBe(false);
    expect(pool.compares).toBe(1);
  });

  test('never collides with another', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), async (a, b) => {
        expect(preHash(a.normalize(), newPepper) === preHash(b.normalize(), newPepper)).toBe(
          a.normalize() === b.normalize(),
        );
      }),
    );
  });
});

describe('a hash that is out of date', () => {
  test('made with the previous pepper, it matches and asks to be made anew; then it is current', async () => {
    const before = setUp({ peppers: [oldPepper] });
    const after = setUp({ peppers: [newPepper, oldPepper] });
    const stored = await before.hasher.hash('correct horse battery', null);
    expect(await after.hasher.verify('correct horse battery', stored, null)).toEqual({
      matches: true,
      outdated: true,
    });
    expect(await after.hasher.verify('another horse battery', stored, null)).toEqual({
      matches: false,
      outdated: false,
    });
    const anew = await after.hasher.hash('correct horse battery', null);
    expect(await after.hasher.verify('correct horse battery', anew, null)).toEqual({
      matches: true,
      outdated: false,
    });
  });

  test('a pepper that is known to this replica but not yet current everywhere already verifies', async () => {
    const ahead = setUp({ peppers: [newPepper, oldPepper] });
    const behind = setUp({ peppers: [oldPepper, newPepper] });
    const stored = await ahead.hasher.hash('correct horse battery', null);
    expect((await behind.hasher.verify('correct horse battery', stored, null)).matches).toBe(true);
  });

  test('made with less cost, it matches and asks to be made anew; made with more, it stays', async () => {
    const cheap = await setUp({ cost: 4 }).hasher.hash('correct horse battery', null);
    const dear = await setUp({ cost: 6 }).hasher.hash('correct horse battery', null);
    const { hasher } = setUp({ cost: 5 });
    expect(await hasher.verify('correct horse battery', cheap, null)).toEqual({
      matches: true,
      outdated: true,
    });
    expect(await hasher.verify('correct horse battery', dear, null)).toEqual({
      matches: true,
      outdated: false,
    });
  });

  test.each([
    ['bcrypt', 'argon2id'],
    ['argon2id', 'bcrypt'],
  ] as const)(
    'made by %s, it matches where %s is configured, and asks to be made anew',
    async (one, other) => {
      const stored = await setUp({ algorithm: one }).hasher.hash('correct horse battery', null);
      const { hasher } = setUp({ algorithm: other });
      expect(await hasher.verify('correct horse battery', stored, null)).toEqual({
        matches: true,
        outdated: true,
      });
      expect((await hasher.verify('another horse battery', stored, null)).matches).toBe(false);
      const anew = await hasher.hash('correct horse battery', null);
      expect((await hasher.verify('correct horse battery', anew, null)).outdated).toBe(false);
    },
  );

  test.each([
    ['memory', { memoryKib: 8 }],
    ['passes', { passes: 1 }],
  ])('made by Argon2id with less %s, it matches and asks to be made anew', async (_what, lower) => {
    const { hasher, pool, peppers } = setUp({ algorithm: 'argon2id' });
    const { id, secret } = peppers.current;
    const hash = await pool.hash(preHash('correct horse battery', secret), { ...ARGON2ID, ...lower }, null);
    expect(
      await hasher.verify('correct horse battery', formatStoredHash({ pepperId: id, hash }), null),
    ).toEqual({ matches: true, outdated: true });
  });

  test.each(['2a', '2b', '2y'])(
    'imported as plain bcrypt ($%s$), it matches the text as typed and asks to be made anew',
    async (version) => {
      const { hasher } = setUp();
      const typed = 'Ångström façade'.normalize('NFD');
      const imported = bcrypt.hashSync(typed, bcrypt.genSaltSync(COST).replace('$2b$', `$${version}$`));
      expect(await hasher.verify(typed, imported, null)).toEqual({ matches: true, outdated: true });
      expect((await hasher.verify('Angstrom facade', imported, null)).matches).toBe(false);
      expect(parseStoredHash(await hasher.hash(typed, null))?.kind).toBe('peppered');
    },
  );

  test.each(['bcrypt', 'argon2id'] as const)(
    'our own hash without its pepper id is no way around the pepper: %s',
    async (algorithm) => {
      const { hasher } = setUp({ algorithm });
      const stored = await hasher.hash('correct horse battery', null);
      const cut = stored.replace(/^\$lk1\$[0-9a-f]{8}/, '');
      expect((await hasher.verify('correct horse battery', cut, null)).matches).toBe(false);
    },
  );
});

test('every hash and comparison is told whose turn it is, the decoy’s too', async () => {
  const { hasher, pool } = setUp();
  const turn = { standing: 'unknown', address: '203.0.113.7', subject: 'user:1' } as const;
  const stored = await hasher.hash('correct horse battery', turn);
  await hasher.verify('correct horse battery', stored, turn);
  await hasher.verify('correct horse battery', null, turn);
  expect(pool.turns).toEqual([turn, turn, turn]);
});

describe('where nothing can match', () => {
  test('an unknown user costs one comparison of the configured cost', async () => {
    const { hasher, pool } = setUp({ computed: ['bcrypt'], cost: 5 });
    expect(await hasher.verify('correct horse battery', null, null)).toEqual({
      matches: false,
      outdated: false,
    });
    expect(pool.compares).toBe(1);
    expect(pool.least).toEqual([{ kind: 'bcrypt', cost: 5 }]);
    expect(pool.lastHash).toMatch(/^\$2b\$05\$/);
  });

  test.each(['bcrypt', 'argon2id'] as const)(
    'every comparison must cost the work of both algorithms, where both are computed: %s',
    async (algorithm) => {
      const { hasher, pool } = setUp({ algorithm, cost: 5 });
      const stored = [
        await setUp({ algorithm: 'bcrypt' }).hasher.hash('correct horse battery', null),
        await setUp({ algorithm: 'argon2id' }).hasher.hash('correct horse battery', null),
        null,
      ];
      for (const hash of stored) {
        await hasher.verify('another horse battery', hash, null);
        expect(pool.least).toEqual([{ kind: 'bcrypt', cost: 5 }, ARGON2ID]);
      }
    },
  );

  test('a hash of Argon2id never matches where it is not computed, costs the same, and is reported', async () => {
    const stored = await setUp({ algorithm: 'argon2id' }).hasher.hash('correct horse battery', null);
    const { hasher, pool, errors } = setUp({ computed: ['bcrypt'], cost: 5 });
    expect(await hasher.verify('correct horse battery', stored, null)).toEqual({
      matches: false,
      outdated: false,
    });
    expect(pool.compares).toBe(1);
    expect(pool.lastHash).toMatch(/^\$2b\$05\$/);
    expect(errors).toEqual([{ reason: 'no @node-rs/argon2' }]);
  });

  test('a decomposed password is compared twice, whether the hash is imported, ours, or none', async () => {
    const { hasher, pool } = setUp();
    const stored = [
      await hasher.hash('correct horse battery', null),
      `$2b$04$${SALT_AND_DIGEST}`,
      null,
      'no hash',
    ];
    for (const hash of stored) {
      await hasher.verify('façade', hash, null);
      expect(pool.inputs).toBe(1);
      await hasher.verify('façade'.normalize('NFD'), hash, null);
      expect(pool.inputs).toBe(2);
    }
  });

  test('a pool that says yes to everything still signs nobody in without a hash', async () => {
    const { peppers, logger } = setUp();
    const gullible: HashPool = {
      jobsWaiting: 0,
      hash: async () => '',
      compare: async () => true,
      computes: () => true,
    };
    const hasher = new PooledPasswordHasher({
      peppers,
      algorithm: 'bcrypt',
      cost: COST,
      pool: gullible,
      logger,
    });
    expect(await hasher.verify('anything', null, null)).toEqual({ matches: false, outdated: false });
    expect(await hasher.verify('anything', 'no hash', null)).toEqual({ matches: false, outdated: false });
  });

  test('a hash of an unknown pepper never matches, costs the same, and is reported without secrets', async () => {
    const stored = await setUp({ peppers: [lostPepper] }).hasher.hash('correct horse battery', null);
    const { hasher, pool, errors } = setUp();
    expect(await hasher.verify('correct horse battery', stored, null)).toEqual({
      matches: false,
      outdated: false,
    });
    expect(pool.compares).toBe(1);
    expect(errors).toEqual([{ reason: 'unknown pepper', pepperId: new SecretRing([lostPepper]).current.id }]);
  });

  test('a malformed hash never matches, costs the same, and is not repeated in the log', async () => {
    const { hasher, pool, errors } = setUp();
    expect(await hasher.verify('correct horse battery', 'correct horse battery', null)).toEqual({
      matches: false,
      outdated: false,
    });
    expect(pool.compares).toBe(1);
    expect(errors).toEqual([{ reason: 'malformed' }]);
  });

  test('it is reported once a minute at most', async () => {
    let now = Date.parse('2031-01-01T00:00:00Z');
    const { hasher, errors } = setUp({ now: () => new Date(now) });
    for (const passed of [0, 1_000, 58_999]) {
      now += passed;
      await hasher.verify('correct horse battery', 'no hash', null);
    }
    expect(errors).toHaveLength(1);
    now += 1;
    await hasher.verify('correct horse battery', 'no hash', null);
    expect(errors).toHaveLength(2);
  });
});

interface Differences {
  readonly peppers?: readonly Secret[];
  readonly algorithm?: HashAlgorithm;
  readonly cost?: number;
  readonly computed?: readonly HashAlgorithm[];
  readonly now?: () => Date;
}

function setUp({
  peppers: secrets = [newPepper, oldPepper],
  algorithm = 'bcrypt',
  cost = COST,
  computed = ['bcrypt', 'argon2id'],
  now = () => new Date(),
}: Differences = {}) {
  const peppers = new SecretRing(secrets);
  const pool = new CountingPool(computed);
  const errors: object[] = [];
  const ignore = () => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields) => errors.push(fields),
  };
  return {
    hasher: new PooledPasswordHasher({ peppers, algorithm, cost, pool, logger, clock: { now } }),
    peppers,
    pool,
    logger,
    errors,
  };
}

/** bcrypt itself, on this thread, counting; and something of the form of Argon2id, which is not installed everywhere. */
class CountingPool implements HashPool {
  readonly jobsWaiting = 0;
  hashes = 0;
  compares = 0;
  /** Of the last comparison. */
  inputs = 0;
  lastHash = '';
  least: readonly HashScheme[] = [];
  readonly turns: HashingTurn[] = [];
  readonly #computed: readonly HashAlgorithm[];

  constructor(computed: readonly HashAlgorithm[]) {
    this.#computed = computed;
  }

  computes(algorithm: HashAlgorithm): boolean {
    return this.#computed.includes(algorithm);
  }

  async hash(input: string, scheme: HashScheme, turn: HashingTurn): Promise<string> {
    this.hashes += 1;
    this.turns.push(turn);
    if (scheme.kind === 'bcrypt') return bcrypt.hashSync(input, scheme.cost);
    const { memoryKib, passes } = scheme;
    return likeArgon2id(input, `$argon2id$v=19$m=${memoryKib},t=${passes},p=1$${base64(randomBytes(16))}`);
  }

  async compare(
    input: string | readonly string[],
    hash: string,
    least: readonly HashScheme[],
    turn: HashingTurn,
  ): Promise<boolean> {
    this.compares += 1;
    this.turns.push(turn);
    this.lastHash = hash;
    this.least = least;
    const inputs = [input].flat();
    this.inputs = inputs.length;
    if (!hash.startsWith('$argon2id$')) return inputs.some((each) => bcrypt.compareSync(each, hash));
    return likeArgon2id(inputs[0] ?? '', hash.slice(0, hash.lastIndexOf('$'))) === hash;
  }
}

function likeArgon2id(input: string, parametersAndSalt: string): string {
  const digest = createHash('sha256').update(parametersAndSalt).update(input).digest();
  return `${parametersAndSalt}$${base64(digest)}`;
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
