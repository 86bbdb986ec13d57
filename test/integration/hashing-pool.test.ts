import { afterEach, describe, expect, jest, test } from '@jest/globals';
import bcrypt from 'bcryptjs';
import { Piscina } from 'piscina';
import { OverloadedError, UnavailableError } from '../../src/core/errors.ts';
import type { HashScheme } from '../../src/core/hash-scheme.ts';
import { OperatorError } from '../../src/core/operator-error.ts';
import type { HashingTurn, HashStanding, Logger } from '../../src/core/ports.ts';
import { Secret } from '../../src/core/secret.ts';
import { SecretRing } from '../../src/core/secret-ring.ts';
import { ARGON2ID, decoyHash } from '../../src/modules/passwords/password-hash.ts';
import { PooledPasswordHasher } from '../../src/modules/passwords/pooled-password-hasher.ts';
import { HashingPool, type HashingPoolOptions } from '../../src/platform/hashing/hashing-pool.ts';

import { eventually } from '../support/eventually.ts';
import { argon2IsInstalled, bcryptIsNative } from '../support/native-hashing.ts';

const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };
const started: HashingPool[] = [];

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(started.splice(0).map((pool) => pool.stop()));
});

describe('hashing', () => {
  test('is done by what the setting says, and either computes hashes that the other verifies', async () => {
    const pools = await Promise.all(
      (['auto', 'bcryptjs'] as const).map(async (engine) => {
        const pool = newPool({ workers: 1, engine });
        const { bcrypt: name, argon2id } = await pool.start();
        expect(argon2id).toBe(argon2IsInstalled ? 'native' : 'none');
        return { pool, name };
      }),
    );
    expect(pools.map(({ name }) => name)).toEqual([bcryptIsNative ? 'native' : 'bcryptjs', 'bcryptjs']);
    const hashes = await Promise.all(pools.map(({ pool }) => pool.hash('ä password', atCost(4), null)));
    for (const { pool } of pools)
      for (const hash of hashes) {
        expect(await pool.compare('ä password', hash, [atCost(4)], null)).toBe(true);
        expect(await pool.compare('a password', hash, [atCost(4)], null)).toBe(false);
      }
  });

  test.each(['auto', 'bcryptjs'] as const)(
    'a password hashed by the pool verifies, another does not, and the cost is in the hash: %s',
    async (engine) => {
      const pool = await startPool({ workers: 2, scheme: atCost(5), engine });
      const peppers = new SecretRing([new Secret('a pepper of at least thirty-two bytes')]);
      const hasher = new PooledPasswordHasher({
        peppers,
        algorithm: 'bcrypt',
        cost: 5,
        pool,
        logger: silent,
      });
      const stored = await hasher.hash('correct horse battery', null);
      expect(stored).toContain('$2b$05$');
      expect(await hasher.verify('correct horse battery', stored, null)).toEqual({
        matches: true,
        outdated: false,
      });
      expect(await hasher.verify('correct horse batterz', stored, null)).toEqual({
        matches: false,
        outdated: false,
      });
      expect(await hasher.verify('correct horse battery', null, null)).toEqual({
        matches: false,
        outdated: false,
      });
    },
  );

  test.each(['auto', 'bcryptjs'] as const)(
    'does the full work for an account that does not exist: %s',
    async (engine) => {
      const pool = await startPool({ workers: 1, scheme: atCost(8), engine });
      const known = await pool.hash('a password', atCost(8), null);
      const cpuOf = async (hashes: readonly string[]) => {
        const before = process.cpuUsage();
        for (const hash of hashes) expect(await pool.compare('another', hash, [atCost(8)], null)).toBe(false);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      const ofKnown = await cpuOf(Array.from({ length: 20 }, () => known));
      const ofDecoys = await cpuOf(Array.from({ length: 20 }, () => decoyHash(atCost(8))));
      // A decoy that is refused without work costs a hundredth.
      expect(ofDecoys / ofKnown).toBeGreaterThan(0.5);
    },
  );

  (argon2IsInstalled ? test : test.skip)(
    'does the same work for every mismatch, whether of bcrypt, of Argon2id, of lower parameters or of nobody',
    async () => {
      const least = [atCost(8), ARGON2ID];
      const pool = await startPool({ workers: 1, scheme: ARGON2ID });
      const hashes = {
        bcrypt: await pool.hash('a password', atCost(8), null),
        cheaper: await pool.hash('a password', { ...ARGON2ID, memoryKib: 4_096 }, null),
        argon2id: await pool.hash('a password', ARGON2ID, null),
        decoy: decoyHash(ARGON2ID),
        decoyOfBcrypt: decoyHash(atCost(8)),
      };
      const cpuOf = async (hash: string) => {
        const before = process.cpuUsage();
        for (let i = 0; i < 10; i += 1) expect(await pool.compare('another', hash, least, null)).toBe(false);
        const { user, system } = process.cpuUsage(before);
        return user + system;
      };
      const lowest = new Map<string, number>();
      // Without the work of the other algorithm it would be half, or less, however often it is measured.
      await eventually(async () => {
        for (const hash of Object.values(hashes))
          lowest.set(hash, Math.min(lowest.get(hash) ?? Number.POSITIVE_INFINITY, await cpuOf(hash)));
        return Math.min(...lowest.values()) / Math.max(...lowest.values()) > 0.75;
      });
    },
  );

  (argon2IsInstalled ? test : test.skip)(
    'by Argon2id makes hashes that verify, with the parameters in the hash',
    async () => {
      const pool = await startPool({ workers: 1, scheme: ARGON2ID });
      expect(pool.computes('argon2id')).toBe(true);
      const hasher = new PooledPasswordHasher({
        peppers: new SecretRing([new Secret('a pepper of at least thirty-two bytes')]),
        algorithm: 'argon2id',
        cost: 4,
        pool,
        logger: silent,
      });
      const stored = await hasher.hash('correct horse battery', null);
      expect(stored).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
      expect(await hasher.verify('correct horse battery', stored, null)).toEqual({
        matches: true,
        outdated: false,
      });
      for (const hash of [stored, null])
        expect(await hasher.verify('correct horse batterz', hash, null)).toEqual({
          matches: false,
          outdated: false,
        });
    },
  );

  test('by Argon2id does not start where no worker computes it, and names the setting', async () => {
    jest.spyOn(Piscina.prototype, 'run').mockResolvedValue({ bcrypt: 'native', argon2id: 'none' });
    const start = newPool({ workers: 1, scheme: ARGON2ID }).start();
    await expect(start).rejects.toThrow(OperatorError);
    await expect(start).rejects.toThrow(/^PASSWORD_HASH is argon2id, but [^\n]+$/);
  });

  test('counts what it starts, and starting up is not counted', async () => {
    const pool = await startPool({ workers: 2 });
    expect(pool.hashesStarted).toBe(0);
    const hash = await pool.hash('a', atCost(4), null);
    await pool.compare('a', hash, [atCost(4)], null);
    expect(pool.hashesStarted).toBe(2);
  });

  test('the event loop keeps turning while hashes are computed', async () => {
    const pool = await startPool({ workers: 2, queueSeconds: 60 });
    let busy = true;
    const work = Promise.all([
      pool.hash('a', atCost(11), null),
      pool.hash('b', atCost(11), null),
      pool.hash('c', atCost(11), null),
    ]).finally(() => {
      busy = false;
    });
    let turns = 0;
    while (busy) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      turns += 1;
    }
    await work;
    // On this thread it would be none at all; bcryptjs' own asynchronous mode lets go every 100 ms, a few times in all.
    expect(turns).toBeGreaterThan(20);
  });

  test('a mismatch with a cheap old hash takes the time of a mismatch with a new one', async () => {
    const pool = await startPool({ workers: 1, queueSeconds: 60 });
    const cheap = bcrypt.hashSync('right', 6);
    const dear = bcrypt.hashSync('right', 10);
    const millisecondsOf = async (hash: string) => {
      const startedAt = performance.now();
      expect(await pool.compare('wrong', hash, [atCost(10)], null)).toBe(false);
      return performance.now() - startedAt;
    };
    const fastest = { cheap: Number.POSITIVE_INFINITY, dear: Number.POSITIVE_INFINITY };
    // Unpadded it would be a sixteenth, however often it is measured.
    await eventually(async () => {
      fastest.cheap = Math.min(fastest.cheap, await millisecondsOf(cheap));
      fastest.dear = Math.min(fastest.dear, await millisecondsOf(dear));
      const ratio = fastest.cheap / fastest.dear;
      return ratio > 0.5 && ratio < 2;
    });
  });
});

describe('overload', () => {
  test('what cannot be worked off in time is refused at once, with the seconds to wait; the rest is done', async () => {
    const pool = await startPool({ workers: 1, scheme: atCost(10), queueSeconds: 0.5 });
    const outcomes: (string | OverloadedError)[] = [];
    const note = (outcome: string | OverloadedError) => void outcomes.push(outcome);
    await Promise.all(Array.from({ length: 100 }, () => pool.hash('a', atCost(10), null).then(note, note)));
    const refusals = outcomes.filter((outcome) => typeof outcome !== 'string');
    expect(pool.hashesStarted).toBe(outcomes.length - refusals.length);
    expect(pool.hashesStarted).toBeGreaterThan(0);
    // At once: before the first hash is done.
    expect(outcomes.findIndex((outcome) => typeof outcome === 'string')).toBeGreaterThan(40);
    for (const refusal of refusals) {
      expect(refusal).toBeInstanceOf(OverloadedError);
      expect(refusal.retryAfterSeconds).toBeGreaterThanOrEqual(1);
      expect(Number.isInteger(refusal.retryAfterSeconds)).toBe(true);
    }
    expect(pool.jobsWaiting).toBe(0);
    await expect(pool.hash('a', atCost(4), null)).resolves.toMatch(/^\$2b\$04\$/);
  });

  test('without a queue, a free worker still takes a job', async () => {
    const pool = await startPool({ workers: 1, queueSeconds: 0 });
    const first = pool.hash('a', atCost(4), null);
    await expect(pool.hash('b', atCost(4), null)).rejects.toThrow(OverloadedError);
    await first;
    await expect(pool.hash('c', atCost(4), null)).resolves.toMatch(/^\$2b\$/);
  });

  test('first come is first served, where all have the same turn', async () => {
    const pool = await startPool({ workers: 1, queueSeconds: 60 });
    expect(await orderOfEnds(pool, new Array<HashingTurn>(12).fill(null))).toEqual([...Array(12).keys()]);
  });

  test('a job that waits twice as long as was allowed is refused, and never started', async () => {
    const pool = await startPool({ workers: 1, scheme: atCost(4), queueSeconds: 0.05 });
    // Nothing announced that this one takes some two hundred times as long as the jobs that the estimate knows.
    const long = pool.hash('a', atCost(12), null);
    await expect(pool.hash('b', atCost(4), null)).rejects.toThrow(OverloadedError);
    expect(pool.hashesStarted).toBe(1);
    await long;
    expect(pool.hashesStarted).toBe(1);
  });
});

describe('turns', () => {
  const of = (
    address: string | null,
    subject = 'user:1',
    standing: HashStanding = 'unknown',
  ): HashingTurn => ({ standing, address, subject });

  // The first starts at once and is in nobody's way.
  test.each<[string, HashingTurn[], number[]]>([
    [
      'addresses',
      [null, of('203.0.113.7'), of('203.0.113.7'), of('203.0.113.7'), of('203.0.113.8')],
      [0, 1, 4, 2, 3],
    ],
    [
      'subjects of one address',
      [null, of('203.0.113.7', 'user:1'), of('203.0.113.7', 'user:1'), of('203.0.113.7', 'user:2')],
      [0, 1, 3, 2],
    ],
    [
      'networks of IPv6, whatever addresses a host takes',
      [null, of('2001:db8::1'), of('2001:db8::2', 'user:2'), of('2001:db8:0:1::1', 'user:3')],
      [0, 1, 3, 2],
    ],
    [
      'subjects whose address is unknown',
      [null, of(null, 'user:1'), of(null, 'user:1'), of(null, 'user:2'), of('203.0.113.7')],
      [0, 1, 3, 4, 2],
    ],
    [
      'standings, whatever the address',
      [
        null,
        of('203.0.113.7', 'user:1', 'suspicious'),
        of('203.0.113.8', 'user:2', 'suspicious'),
        of('203.0.113.9'),
        of('203.0.113.10'),
        of('203.0.113.9', 'user:3', 'known'),
      ],
      [0, 1, 3, 5, 2, 4],
    ],
    ['the operator', [null, of('203.0.113.7'), of('203.0.113.7'), null], [0, 1, 3, 2]],
  ])('go round by %s', async (_, turns, order) => {
    const pool = await startPool({ workers: 1, queueSeconds: 60 });
    expect(await orderOfEnds(pool, turns)).toEqual(order);
  });

  test('a lane that is full refuses its own newcomers, and an empty one takes them', async () => {
    const pool = await startPool({ workers: 1, scheme: atCost(8), queueSeconds: 1 });
    const hash = (turn: HashingTurn) =>
      pool.hash('a', atCost(8), turn).then(
        () => 'done',
        ({ name }: Error) => name,
      );
    const full: Promise<string>[] = [];
    // The first starts at once.
    const queued = () => full.length - 1 === pool.jobsWaiting;
    do full.push(hash(of('203.0.113.7')));
    while (queued());
    expect(await full.at(-1)).toBe('OverloadedError');
    const others = [of('203.0.113.8'), of('203.0.113.7', 'user:2'), of(null), null];
    expect(await Promise.all(others.map(hash))).toEqual(['done', 'done', 'done', 'done']);
    // They did not wait for all that were there before.
    expect(pool.jobsWaiting).toBeGreaterThan(0);
    await pool.stop();
    await Promise.all(full);
  });
});

describe('failure', () => {
  test('a worker that dies fails its own job and no other', async () => {
    const run = jest.spyOn(Piscina.prototype, 'run');
    const pool = await startPool({ workers: 1, queueSeconds: 60 });
    const [threads] = run.mock.contexts as Piscina[];
    const doomed = pool.hash('a', atCost(13), null);
    const next = pool.hash('b', atCost(4), null);
    const afterNext = pool.hash('c', atCost(4), null);
    await threads?.threads[0]?.terminate();
    await expect(doomed).rejects.toThrow(/worker exited/);
    await expect(next).resolves.toMatch(/^\$2b\$/);
    await expect(afterNext).resolves.toMatch(/^\$2b\$/);
  });

  test('stopping finishes what runs, turns away what waits, and takes nothing new', async () => {
    const pool = await startPool({ workers: 1, queueSeconds: 60 });
    const running = pool.hash('a', atCost(9), null);
    const waiting = pool.hash('b', atCost(4), null);
    const turnedAway = expect(waiting).rejects.toThrow(UnavailableError);
    await pool.stop();
    await expect(running).resolves.toMatch(/^\$2b\$09\$/);
    await turnedAway;
    await expect(pool.hash('c', atCost(4), null)).rejects.toThrow(UnavailableError);
  });
});

/** Asks for a hash for each of `turns` at once, and tells in which order they were done. */
async function orderOfEnds(pool: HashingPool, turns: readonly HashingTurn[]): Promise<number[]> {
  const order: number[] = [];
  await Promise.all(turns.map((turn, i) => pool.hash('a', atCost(6), turn).then(() => order.push(i))));
  return order;
}

function atCost(cost: number): HashScheme {
  return { kind: 'bcrypt', cost };
}

async function startPool(options: Partial<HashingPoolOptions> & { workers: number }): Promise<HashingPool> {
  const pool = newPool(options);
  await pool.start();
  return pool;
}

function newPool(options: Partial<HashingPoolOptions> & { workers: number }): HashingPool {
  const pool = new HashingPool({
    queueSeconds: 10,
    scheme: atCost(4),
    engine: 'auto',
    logger: silent,
    ...options,
  });
  started.push(pool);
  return pool;
}
