import { describe, expect, test } from '@jest/globals';
import bcrypt from 'bcryptjs';
import fc from 'fast-check';
import type { HashingTurn, Logger } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import { decoyHash, parseStoredHash, preHash } from '../../src/modules/passwords/password-hash.ts';
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
      cost: COST,
    });
    expect(stored).not.toContain(newPepper.reveal());
  });

  test('are bcrypt over base64(HMAC-SHA-384(password, pepper))', async () => {
    // printf 'correct horse battery' | openssl dgst -sha384 -hmac 'a new pepper of thirty-two bytes.' -binary | base64
    const expected = 'xnS04tHZj/q6tGLOJPKO5ij0g3KAUbOfuPiSoY9J3YN3NPpDdL+y6fvZDqDiwpVh';
    expect(preHash('correct horse battery', newPepper)).toBe(expected);
    const stored = parseStoredHash(await setUp().hasher.hash('correct horse battery', null));
    expect(bcrypt.compareSync(expected, stored?.bcrypt ?? '')).toBe(true);
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
        kind: 'plain',
        bcrypt: `$${version}$${tail}`,
        cost: 10,
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
      '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA',
    ];
    expect(foreign.filter((stored) => parseStoredHash(stored) !== null)).toEqual([]);
  });

  test('that would take longer than seconds to compare are not compared', () => {
    expect(parseStoredHash(`$2b$15$${SALT_AND_DIGEST}`)).not.toBeNull();
    expect(parseStoredHash(`$2b$16$${SALT_AND_DIGEST}`)).toBeNull();
  });

  test('a decoy is a well-formed hash of the same cost, new for each process', () => {
    expect(parseStoredHash(decoyHash(12))).toMatchObject({ kind: 'plain', cost: 12 });
    const decoys = Array.from({ length: 200 }, () => decoyHash(12));
    expect(new Set(decoys).size).toBe(200);
    // Canonical: any other is refused at once by the native engine.
    expect(decoys.filter((decoy) => parseStoredHash(decoy) === null)).toEqual([]);
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

  test('the bcrypt part of our own hash is no way around the pepper', async () => {
    const { hasher } = setUp();
    const stored = await hasher.hash('correct horse battery', null);
    const cut = stored.replace(/^\$lk1\$[0-9a-f]{8}/, '');
    expect((await hasher.verify('correct horse battery', cut, null)).matches).toBe(false);
  });
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
    const { hasher, pool } = setUp({ cost: 5 });
    expect(await hasher.verify('correct horse battery', null, null)).toEqual({
      matches: false,
      outdated: false,
    });
    expect(pool.compares).toBe(1);
    expect(pool.lastCost).toBe(5);
  });

  test('a pool that says yes to everything still signs nobody in without a hash', async () => {
    const { peppers, logger } = setUp();
    const gullible: HashPool = { jobsWaiting: 0, hash: async () => '', compare: async () => true };
    const hasher = new PooledPasswordHasher({ peppers, cost: COST, pool: gullible, logger });
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

function setUp({ peppers: secrets = [newPepper, oldPepper], cost = COST, now = () => new Date() } = {}) {
  const peppers = new SecretRing(secrets);
  const pool = new CountingPool();
  const errors: object[] = [];
  const ignore = () => {};
  const logger: Logger = {
    debug: ignore,
    info: ignore,
    warn: ignore,
    error: (fields) => errors.push(fields),
  };
  return {
    hasher: new PooledPasswordHasher({ peppers, cost, pool, logger, clock: { now } }),
    peppers,
    pool,
    logger,
    errors,
  };
}

/** bcrypt itself, on this thread, counting. */
class CountingPool implements HashPool {
  readonly jobsWaiting = 0;
  hashes = 0;
  compares = 0;
  lastCost = 0;
  readonly turns: HashingTurn[] = [];

  async hash(input: string, cost: number, turn: HashingTurn): Promise<string> {
    this.hashes += 1;
    this.turns.push(turn);
    return bcrypt.hashSync(input, cost);
  }

  async compare(input: string, hash: string, _leastCost: number, turn: HashingTurn): Promise<boolean> {
    this.compares += 1;
    this.turns.push(turn);
    this.lastCost = bcrypt.getRounds(hash);
    return bcrypt.compareSync(input, hash);
  }
}
