import { beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Lookup } from '../../src/platform/database/lookup.ts';
import { useBareDatabase } from '../support/bare-database.ts';

interface Note {
  readonly id: number;
  readonly text: string;
}

const POOL_SIZE = 3;

const bare = useBareDatabase(POOL_SIZE);
let notes: Lookup<number, Note>;
/** The ids of each statement. */
let statements: (readonly number[])[];

beforeAll(() => bare.dataSource.query('CREATE TABLE note (id int PRIMARY KEY, text text NOT NULL)'));
beforeEach(async () => {
  await bare.dataSource.query('TRUNCATE note');
  await bare.dataSource.query("INSERT INTO note SELECT i, 'note ' || i FROM generate_series(1, 3) AS i");
  statements = [];
  notes = new Lookup(bare.database, (ids) =>
    bare.database.query('SELECT id, text FROM note WHERE id = ANY($1)', () => {
      statements.push(ids());
      return [ids()];
    }),
  );
});

const idsOf = (rows: readonly Note[]) => rows.map(({ id }) => id);

describe('look-ups by id', () => {
  test('of one turn of the event loop are one statement, and each gets its own rows in its own order', async () => {
    const found = await Promise.all([notes.findMany([3, 1]), notes.findMany([1]), notes.findMany([2, 9])]);
    expect(found.map(idsOf)).toEqual([[3, 1], [1], [2]]);
    expect(statements).toEqual([[3, 1, 2, 9]]);
  });

  test('are never answered by a statement that was sent before they were made', async () => {
    const first = notes.findMany([1]);
    await new Promise(setImmediate);
    await bare.dataSource.query("UPDATE note SET text = 'changed' WHERE id = 1");
    const second = notes.findMany([1]);
    expect(await second).toEqual([{ id: 1, text: 'changed' }]);
    await first;
    expect(statements).toHaveLength(2);
  });

  test('that are made while no connection is free are one statement, too', async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const busy = Array.from({ length: POOL_SIZE }, () => bare.database.run(() => released));
    const found: Promise<Note[]>[] = [];
    for (const id of [1, 2, 3]) {
      found.push(notes.findMany([id]));
      await new Promise((resolve) => setTimeout(resolve));
    }
    expect(statements).toEqual([]);
    release();
    expect((await Promise.all(found)).map(idsOf)).toEqual([[1], [2], [3]]);
    expect(statements).toEqual([[1, 2, 3]]);
    await Promise.all(busy);
  });

  test('in a transaction are its own: they see what it has written, and nobody else does', async () => {
    const outside = notes.findMany([1, 7]);
    const inside = bare.database.run(async () => {
      await bare.database.query("INSERT INTO note VALUES (7, 'not committed')");
      const seen = await notes.findMany([7]);
      await outside;
      return seen;
    });
    expect(idsOf(await inside)).toEqual([7]);
    expect(idsOf(await outside)).toEqual([1]);
    expect(statements).toEqual([[1, 7], [7]]);
  });

  test('are bounded: what does not fit into one statement goes into another', async () => {
    const many = (first: number) => Array.from({ length: 600 }, (_, i) => first + i);
    await Promise.all([notes.findMany(many(1)), notes.findMany(many(10_000)), notes.findMany([2])]);
    expect(statements.map(({ length }) => length)).toEqual([600, 601]);
  });

  test('fail together, and only those of the same statement', async () => {
    const failing = new Lookup<number, Note>(bare.database, (ids) => {
      statements.push(ids());
      return statements.length === 1 ? Promise.reject(new Error('refused')) : Promise.resolve([]);
    });
    const outcomes = await Promise.allSettled([failing.findMany([1]), failing.findMany([2])]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await failing.findMany([1])).toEqual([]);
  });

  test('of nothing send no statement', async () => {
    expect(await notes.findMany([])).toEqual([]);
    expect(statements).toEqual([]);
  });
});
