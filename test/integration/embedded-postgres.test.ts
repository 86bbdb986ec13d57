import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import {
  type EmbeddedPostgres,
  startEmbeddedPostgres,
} from '../../src/platform/embedded-postgres/embedded-postgres.ts';

// One folder, made by one cold start: what a cluster costs is paid once.
let dataDir: string;
let pgdata: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'latchkey-embedded-'));
  await withServer(async (server) => {
    pgdata = join(server.folder, 'pgdata');
    await query(server, 'CREATE TABLE note (id int PRIMARY KEY)');
  });
});

afterAll(() => {
  rmSync(dataDir, { recursive: true, force: true });
});

describe('an embedded PostgreSQL', () => {
  test('keeps what was committed across a stop and a start', async () => {
    await withServer((server) => query(server, 'INSERT INTO note VALUES (1)'));
    await withServer(async (server) => {
      expect(server.adopted).toBe(false);
      expect(await query(server, 'SELECT id FROM note WHERE id = 1')).toEqual([{ id: 1 }]);
    });
  });

  test('is durable, speaks UTC, and listens on the loopback interface only', async () => {
    await withServer(async (server) => {
      const names = ['fsync', 'synchronous_commit', 'full_page_writes', 'TimeZone', 'listen_addresses'];
      const rows = await query(server, 'SELECT current_setting(unnest($1::text[])) AS value', [names]);
      expect(rows.map(({ value }) => value)).toEqual(['on', 'on', 'on', 'UTC', '127.0.0.1']);
    });
  });

  test('lets nobody in without its password, which only its account can read', async () => {
    await withServer(async (server) => {
      const url = new URL(server.url);
      url.password = 'guess';
      await expect(query({ url: url.href }, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
      expect(statSync(join(server.folder, 'password')).mode & 0o777).toBe(0o600);
    });
  });

  test('is shared with whoever starts second on its folder', async () => {
    await withServer(async (first) => {
      const second = await startEmbeddedPostgres({ dataDir });
      expect(second).toMatchObject({ adopted: true, url: first.url });
      await second.stop();
      expect(await query(first, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
  });

  test('loses no acknowledged row when its owner is killed, and starts again at once', async () => {
    const acknowledged = await insertUntilKilled(100);
    await withServer(async (server) => {
      expect(server.adopted).toBe(false);
      const kept = await query(server, 'SELECT id FROM note WHERE id = ANY($1)', [acknowledged]);
      expect(kept).toHaveLength(acknowledged.length);
    });
  });

  test('starts over the lock file of a killed server whose process id something else has now', async () => {
    const bystander = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    try {
      const lines = [bystander.pid, pgdata, 1_700_000_000, 5432, '', '127.0.0.1', '', 'ready', ''];
      writeFileSync(join(pgdata, 'postmaster.pid'), lines.join('\n'));
      await withServer(async (server) => expect(server.adopted).toBe(false));
    } finally {
      bystander.kill();
    }
  });

  test('refuses the folder of another major version, and says what to do', async () => {
    const versionFile = join(pgdata, 'PG_VERSION');
    const version = readFileSync(versionFile);
    writeFileSync(versionFile, '9\n');
    try {
      await expect(startEmbeddedPostgres({ dataDir })).rejects.toThrow(/PostgreSQL 9 created .* pg_dump/);
    } finally {
      writeFileSync(versionFile, version);
    }
  });

  test('shows what PostgreSQL says when it does not start', async () => {
    await expect(startEmbeddedPostgres({ dataDir, settings: { shared_buffers: 'plenty' } })).rejects.toThrow(
      /shared_buffers/,
    );
  });

  test('never uses a cluster whose making was interrupted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-embedded-'));
    const halfMade = join(folder, 'pgdata.new-1f2e3d4c5b6a');
    try {
      const first = await startEmbeddedPostgres({ dataDir: folder, volatile: true });
      await first.stop();
      mkdirSync(halfMade);
      cpSync(join(first.folder, 'pgdata', 'PG_VERSION'), join(halfMade, 'PG_VERSION'));
      utimesSync(halfMade, new Date(0), new Date(0));
      rmSync(join(first.folder, 'pgdata'), { recursive: true });

      const second = await startEmbeddedPostgres({ dataDir: folder, volatile: true });
      expect(await query(second, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(existsSync(halfMade)).toBe(false);
      await second.stop();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

async function withServer(work: (server: EmbeddedPostgres) => Promise<unknown>): Promise<void> {
  const server = await startEmbeddedPostgres({ dataDir });
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function query(
  server: { url: string },
  sql: string,
  values: unknown[] = [],
): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: server.url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

/**
 * Another process starts the server and inserts row after row; it is killed in the middle. Returns the ids it
 * was told are in.
 */
async function insertUntilKilled(count: number): Promise<number[]> {
  const program = `
    import { Client } from 'pg';
    import { startEmbeddedPostgres } from './src/platform/embedded-postgres/embedded-postgres.ts';
    const server = await startEmbeddedPostgres({ dataDir: process.env.DATA_DIR });
    const client = new Client({ connectionString: server.url });
    await client.connect();
    for (let id = 1000; ; id++) {
      await client.query('INSERT INTO note VALUES ($1)', [id]);
      process.stdout.write(id + '\\n');
    }`;
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    env: { ...process.env, DATA_DIR: dataDir },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(owner, 'exit');
  const acknowledged: number[] = [];
  for await (const line of createInterface(owner.stdout)) {
    acknowledged.push(Number(line));
    if (acknowledged.length === count) owner.kill('SIGKILL');
  }
  await exited;
  expect(acknowledged.length).toBeGreaterThanOrEqual(count);
  return acknowledged;
}
