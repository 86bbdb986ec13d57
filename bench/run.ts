/**
 * `npm run bench [case …]`: measures what we promise, side by side with what it is compared to, in one run on an embedded
 * Postgres and a Redis of its own. Prints a table, and fails where a promise does not hold.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../src/platform/database/migrate.ts';
import { startEmbeddedPostgres } from '../src/platform/embedded-postgres/embedded-postgres.ts';
import { createLogger } from '../src/platform/logger.ts';
import { RedisServer } from '../test/support/redis-server.ts';
import { cases, longCases } from './cases/index.ts';
import { passes, type Row } from './lib/case.ts';

process.env['DATA_DIR'] = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const dataDir = process.env['DATA_DIR'];
const postgres = await startEmbeddedPostgres({
  dataDir: join(dataDir, 'postgres'),
  settings: { max_connections: '100' },
});
const redis = await RedisServer.start();
const admin = new pg.Client({ connectionString: postgres.url });
await admin.connect();

async function createDatabase(): Promise<string> {
  const name = `bench_${randomBytes(4).toString('hex')}`;
  await admin.query(`CREATE DATABASE ${name}`);
  const url = new URL(postgres.url);
  url.pathname = `/${name}`;
  await migrate(url.href, createLogger('silent'));
  return url.href;
}

const chosen = process.argv.slice(2);
const rows: Row[] = [];
try {
  for (const [name, run] of Object.entries({ ...cases, ...longCases })) {
    if (chosen.length > 0 ? !chosen.includes(name) : name in longCases) continue;
    console.error(`measuring ${name} …`);
    rows.push(...(await run({ createDatabase, redisUrl: redis.url })));
  }
} finally {
  await admin.end();
  await redis.kill();
  await postgres.stop();
  for (const folder of [postgres.folder, dataDir]) rmSync(folder, { recursive: true, force: true });
}

const format = ({ value, unit = 'ratio' }: Row) =>
  unit === 'ratio' ? value.toFixed(2) : `${value.toFixed(unit === 'count' ? 0 : 1)} ${unit}`;
const promise = ({ atLeast, atMost }: Row) =>
  [...(atLeast === undefined ? [] : [`≥ ${atLeast}`]), ...(atMost === undefined ? [] : [`≤ ${atMost}`])].join(
    ', ',
  );
console.log(
  `${cpus().length} × ${cpus()[0]?.model}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}\n`,
);
console.log('| what | measured | promise | holds | raw figures |\n| --- | --- | --- | --- | --- |');
for (const row of rows) {
  const holds = promise(row) === '' ? '' : passes(row) ? 'yes' : '**no**';
  console.log(`| ${row.what} | ${format(row)} | ${promise(row)} | ${holds} | ${row.raw} |`);
}
process.exitCode = rows.every(passes) ? 0 : 1;
