import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { UnavailableError } from '../../src/core/errors.ts';
import { useBareDatabase } from '../support/bare-database.ts';

const bare = useBareDatabase();
beforeAll(() => bare.dataSource.query('CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)'));
beforeEach(() => bare.dataSource.query('TRUNCATE note'));

const sql = (statement: string, parameters: unknown[] = []) =>
  bare.database.query<Record<string, unknown>>(statement, parameters);
const insert = (id: number) => sql('INSERT INTO note VALUES ($1, $2)', [id, 'written']);
/** Asked on another connection than that of a unit in progress: what has committed. */
const committed = async (): Promise<number[]> =>
  (await bare.dataSource.query('SELECT id FROM note ORDER BY id')).map(({ id }: { id: number }) => id);

describe('a unit of work', () => {
  test('commits what it did when it returns, and nothing before', async () => {
    const seenInside = await bare.database.run(async () => {
      await insert(1);
      return committed();
    });
    expect(seenInside).toEqual([]);
    expect(await committed()).toEqual([1]);
  });

  test('commits when it returns a failure as a value: detecting something bad must not undo what follows from it', async () => {
    const outcome = await bare.database.run(async () => {
      await insert(1);
      return { kind: 'reuse_detected' };
    });
    expect(outcome).toEqual({ kind: 'reuse_detected' });
    expect(await committed()).toEqual([1]);
  });

  test('rolls back what it did when it throws, and passes the error on', async () => {
    const failure = new Error('unexpected');
    await expect(
      bare.database.run(async () => {
        await insert(1);
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await committed()).toEqual([]);
  });

  test('runs all of its statements on one connection, in one transaction', async () => {
    const where = () => sql('SELECT pg_backend_pid() AS pid, pg_current_xact_id()::text AS xact');
    const [first, second, nested] = await bare.database.run(async () => [
      await where(),
      await where(),
      await bare.database.run(where),
    ]);
    expect(second).toEqual(first);
    expect(nested).toEqual(first);
  });

  test('keeps apart units that run at the same time', async () => {
    const transactions = await Promise.all(
      Array.from({ length: 5 }, () =>
        bare.database.run(() => sql('SELECT pg_current_xact_id()::text AS xact')),
      ),
    );
    expect(new Set(transactions.map(([row]) => row?.['xact'])).size).toBe(5);
  });

  test('gives its connection back, however it ends', async () => {
    for (let i = 0; i < 30; i += 1) {
      await bare.database.run(() => insert(i));
      await expect(bare.database.run(() => insert(i))).rejects.toThrow(/duplicate key/);
    }
    expect(await committed()).toHaveLength(30);
  });

  test('tells that it is unavailable when its connection breaks between two statements, and keeps nothing', async () => {
    await expect(
      bare.database.run(async () => {
        await insert(1);
        const [own] = await sql('SELECT pg_backend_pid() AS pid');
        await bare.dataSource.query('SELECT pg_terminate_backend($1, 2000)', [own?.['pid']]);
        await insert(2);
      }),
    ).rejects.toBeInstanceOf(UnavailableError);
    expect(await committed()).toEqual([]);
  });
});

describe('a nested unit of work', () => {
  test('joins the outer one: it commits with it', async () => {
    await bare.database.run(async () => {
      await bare.database.run(() => insert(1));
      expect(await committed()).toEqual([]);
    });
    expect(await committed()).toEqual([1]);
  });

  test('is rolled back with the outer one', async () => {
    await expect(
      bare.database.run(async () => {
        await bare.database.run(() => insert(1));
        throw new Error('unexpected');
      }),
    ).rejects.toThrow('unexpected');
    expect(await committed()).toEqual([]);
  });

  test('that failed takes the outer one with it, even where its error was swallowed', async () => {
    const swallowing = bare.database.run(async () => {
      await insert(1);
      await bare.database
        .run(async () => {
          throw new Error('unexpected');
        })
        .catch(() => undefined);
      return 'as if nothing had happened';
    });
    await expect(swallowing).rejects.toThrow(/swallowed/);
    expect(await committed()).toEqual([]);
  });
});

describe('a statement', () => {
  test('that failed and was swallowed fails its unit: Postgres would roll back and call it a commit', async () => {
    const swallowing = bare.database.run(async () => {
      await insert(1);
      await insert(1).catch(() => undefined);
      return 'as if nothing had happened';
    });
    await expect(swallowing).rejects.toThrow(/swallowed/);
    expect(await committed()).toEqual([]);
  });

  test('that must be part of a transaction is refused outside of one, and reaches no database', async () => {
    const write = () => bare.database.requireTransaction(`INSERT INTO note VALUES (1, 'written')`);
    await expect(write()).rejects.toThrow(/within a unit of work/);
    expect(await committed()).toEqual([]);
    await bare.database.run(write);
    expect(await committed()).toEqual([1]);
  });

  test('of work that has outlived its unit is refused: its connection serves somebody else by now', async () => {
    const unitIsOver = barrier(2);
    let straggler: Promise<unknown> | undefined;
    await bare.database.run(async () => {
      straggler = unitIsOver().then(() => insert(1));
    });
    void unitIsOver();
    await expect(straggler).rejects.toThrow(/outlived/);
    expect(await committed()).toEqual([]);
  });
});

describe('an after-commit hook', () => {
  test('runs once its unit has committed, and not before', async () => {
    const seen: number[][] = [];
    await bare.database.run(async () => {
      await bare.database.run(async () =>
        bare.database.afterCommit(async () => void seen.push(await committed())),
      );
      await insert(1);
      expect(seen).toEqual([]);
    });
    expect(seen).toEqual([[1]]);
  });

  test('does not run after a rollback', async () => {
    let ran = false;
    const failing = bare.database.run(async () => {
      bare.database.afterCommit(() => {
        ran = true;
      });
      throw new Error('unexpected');
    });
    await expect(failing).rejects.toThrow('unexpected');
    expect(ran).toBe(false);
  });

  test('runs once where the unit had to be tried again', async () => {
    let attempts = 0;
    let ran = 0;
    await bare.database.run(async () => {
      attempts += 1;
      bare.database.afterCommit(() => {
        ran += 1;
      });
      if (attempts === 1) await raise('40001');
    });
    expect([attempts, ran]).toEqual([2, 1]);
  });

  test('that fails harms neither its unit nor the hooks behind it, and is logged', async () => {
    let ran = false;
    const result = await bare.database.run(async () => {
      bare.database.afterCommit(() => {
        throw new Error('no one listens');
      });
      bare.database.afterCommit(() => {
        ran = true;
      });
      await insert(1);
      return 'committed';
    });
    expect(result).toBe('committed');
    expect(await committed()).toEqual([1]);
    expect(ran).toBe(true);
    expect(bare.logger.lines.filter((line) => line.includes('no one listens'))).toHaveLength(1);
  });

  test('runs at once where there is no unit', () => {
    let ran = false;
    bare.database.afterCommit(() => {
      ran = true;
    });
    expect(ran).toBe(true);
  });
});

describe('a conflict between transactions', () => {
  test('is solved by trying again: two units that deadlock both succeed', async () => {
    await insert(1);
    await insert(2);
    const bothHoldOne = barrier(2);
    let attempts = 0;
    const lockInOrder = (first: number, second: number) =>
      bare.database.run(async () => {
        attempts += 1;
        // Found long before the statement timeout, on a busy machine too.
        await sql("SET LOCAL deadlock_timeout = '100ms'");
        await append(first);
        await bothHoldOne();
        await append(second);
      });
    await Promise.all([lockInOrder(1, 2), lockInOrder(2, 1)]);
    expect(attempts).toBe(3);
    const rows = await sql('SELECT text FROM note ORDER BY id');
    expect(rows).toEqual([{ text: 'written++' }, { text: 'written++' }]);
  });

  test.each(['40001', '40P01'])(
    '%s is tried three times at most, then it is a clean "unavailable"',
    async (code) => {
      let attempts = 0;
      const unlucky = bare.database.run(async () => {
        attempts += 1;
        await insert(attempts);
        await raise(code);
      });
      await expect(unlucky).rejects.toBeInstanceOf(UnavailableError);
      expect(attempts).toBe(3);
      expect(await committed()).toEqual([]);
    },
  );

  test('in a nested unit tries the whole again', async () => {
    let attempts = 0;
    await bare.database.run(async () => {
      attempts += 1;
      await insert(1);
      await bare.database.run(async () => {
        if (attempts < 3) await raise('40001');
      });
    });
    expect(attempts).toBe(3);
    expect(await committed()).toEqual([1]);
  });

  test.each(['23505', '22012'])('%s is none, and is not tried again', async (code) => {
    let attempts = 0;
    const failing = bare.database.run(async () => {
      attempts += 1;
      await raise(code);
    });
    await expect(failing).rejects.toMatchObject({ driverError: { code } });
    expect(attempts).toBe(1);
  });
});

const append = (id: number) => sql(`UPDATE note SET text = text || '+' WHERE id = $1`, [id]);
const raise = (code: string) =>
  sql(`DO $$ BEGIN RAISE EXCEPTION 'provoked' USING ERRCODE = '${code}'; END $$`);

/** Holds callers until as many have come; later ones pass. */
function barrier(parties: number): () => Promise<void> {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived >= parties) open();
    return opened;
  };
}
