import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../scripts/bundle.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { isAlive } from '../../src/platform/embedded-postgres/running-server.ts';
import { ADMIN_URL_VARIABLE, databaseUrl, runAsAdmin, TEMPLATE_VARIABLE } from './database.ts';
import { silentLogger } from './logger.ts';
import { BUILD_VARIABLE } from './published.ts';

const REPOSITORY = join(__dirname, '..', '..');

declare global {
  /** Set up and torn down in one process, but in two modules that jest loads apart. */
  var removeTestResources: (() => Promise<void>) | undefined;
}

/** One server and one migrated template for the whole run, which test files clone; one build, which they start. */
export default async function globalSetup(): Promise<void> {
  // Two runs may share one TEST_DATABASE_URL; process ids alone repeat between containers.
  const run = `latchkey_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const build = join(REPOSITORY, 'node_modules', '.cache', run);
  const building = bundle(build);
  building.catch(() => undefined);
  const server = await findServer();
  process.env[ADMIN_URL_VARIABLE] = server.url;
  process.env[TEMPLATE_VARIABLE] = run;
  process.env[BUILD_VARIABLE] = build;
  globalThis.removeTestResources = async () => {
    rmSync(build, { recursive: true, force: true });
    await dropAll(run).finally(server.stop);
  };

  try {
    await runAsAdmin((client) => client.query(`CREATE DATABASE ${run} TEMPLATE template0`));
    const { migrate } = await import('../../src/platform/database/migrate.ts');
    await migrate(databaseUrl(run), silentLogger);
    await building;
  } catch (error) {
    // jest runs no teardown after a failed setup.
    await globalThis.removeTestResources();
    throw error;
  }
}

async function findServer(): Promise<{ url: string; stop(): Promise<void> }> {
  const url = process.env['TEST_DATABASE_URL'];
  if (url) return { url, stop: async () => undefined };
  const folder = fastestFolder();
  removeAbandoned(folder);
  const dataDir = mkdtempSync(join(folder, `${PREFIX}${process.pid}-`));
  const server = await startEmbeddedPostgres({
    dataDir,
    volatile: true,
    // Tells which of two racing transactions has committed first.
    settings: { track_commit_timestamp: 'on', max_wal_size: '256MB' },
  });
  return {
    url: server.url,
    stop: async () => {
      await server.stop();
      for (const folder of [server.folder, dataDir]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const PREFIX = 'latchkey-test-';
const ROOM_BYTES = 2 ** 31;

/** Memory where the system offers enough of it: on a disk, making the database of a test file may take a third of a second. */
function fastestFolder(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize > ROOM_BYTES ? '/dev/shm' : tmpdir();
  } catch {
    return tmpdir();
  }
}

/** Removes what runs left behind that were killed: it may lie in memory. */
function removeAbandoned(folder: string): void {
  for (const name of readdirSync(folder)) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid !== undefined && !isAlive(Number(pid)))
      rmSync(join(folder, name), { recursive: true, force: true });
  }
}

/** The template, and whatever clones the test files left. */
async function dropAll(template: string): Promise<void> {
  await runAsAdmin(async (client) => {
    const { rows } = await client.query<{ datname: string }>(
      'SELECT datname FROM pg_database WHERE starts_with(datname, $1)',
      [template],
    );
    for (const { datname } of rows) await client.query(`DROP DATABASE ${datname} WITH (FORCE)`);
  });
}
