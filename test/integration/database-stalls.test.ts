import { expect, test } from '@jest/globals';
import { UnavailableError } from '../../src/core/errors.ts';
import { useBareDatabase } from '../support/bare-database.ts';

/** Longer than a query may take. */
const STALL_MS = 3_000;

const bare = useBareDatabase();

const sql = (statement: string) => bare.database.query<Record<string, unknown>>(statement);

test('a stalled event loop fails no query whose answer has come meanwhile, and shuts nobody out', async () => {
  const start = () => Array.from({ length: 5 }, () => sql('SELECT pg_sleep(0.5)'));
  await Promise.all(start());
  let inFlight = start();
  // A busy machine may look only when they are over.
  while (!(await areRunning(5))) {
    await Promise.all(inFlight);
    inFlight = start();
  }
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, STALL_MS);
  const [answers, later] = await Promise.all([Promise.all(inFlight), sql('SELECT 1 AS one')]);
  expect(answers).toHaveLength(5);
  expect(later).toEqual([{ one: 1 }]);
});

test('a query that takes too long fails its caller only, and is told in one line', async () => {
  const slow = bare.database.run(async () => {
    await sql('SET LOCAL statement_timeout = 0');
    await sql('SELECT pg_sleep(60)');
  });
  let settled = false;
  const caller = expect(slow)
    .rejects.toBeInstanceOf(UnavailableError)
    .finally(() => {
      settled = true;
    });
  // Others are served while it waits, while the server is probed, and after.
  do expect(await sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  while (!settled);
  await caller;
  for (let i = 0; i < 100; i += 1) expect(await sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  expect(bare.logger.lines.filter((line) => line.startsWith('warn'))).toEqual([
    expect.stringContaining('"reason":"Query read timeout","count":1'),
  ]);
  expect(bare.logger.lines.filter((line) => line.includes('does not respond'))).toEqual([]);
});

/** Whether so many of these statements run on the server. */
async function areRunning(count: number): Promise<boolean> {
  const running = `SELECT count(*)::int AS count FROM pg_stat_activity
    WHERE datname = current_database() AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`;
  return (await sql(running))[0]?.['count'] === count;
}
