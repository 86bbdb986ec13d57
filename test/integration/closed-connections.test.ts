import { expect, test } from '@jest/globals';
import { useBareDatabase } from '../support/bare-database.ts';
import { runAsAdmin } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';

const POOL_SIZE = 2;
const WAITING = 40;

const bare = useBareDatabase(POOL_SIZE);

test('connections that the server closes fail one request each, however many wait for them', async () => {
  const [{ name } = { name: '' }] = await bare.database.query<{ name: string }>(
    'SELECT current_database() AS name',
  );
  const running = Array.from({ length: POOL_SIZE }, () => bare.database.query('SELECT pg_sleep(60)'));
  const waiting = Array.from({ length: WAITING }, () => bare.database.query('SELECT 1 AS one'));
  const settled = Promise.allSettled([...running, ...waiting]);
  await runAsAdmin(async (admin) => {
    const sleeping = `FROM pg_stat_activity WHERE datname = $1 AND state = 'active' AND query LIKE 'SELECT pg_sleep%'`;
    await eventually(async () => (await admin.query(`SELECT ${sleeping}`, [name])).rowCount === POOL_SIZE);
    await admin.query(`SELECT pg_terminate_backend(pid) ${sleeping}`, [name]);
  });
  const failures = (await settled).filter(({ status }) => status === 'rejected');
  expect(failures).toHaveLength(POOL_SIZE);
});
