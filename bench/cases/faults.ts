import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { migrate } from '../../src/platform/database/migrate.ts';
import { startEmbeddedPostgres } from '../../src/platform/embedded-postgres/embedded-postgres.ts';
import { readPidFile } from '../../src/platform/embedded-postgres/pid-file.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { freePort } from '../../test/support/free-port.ts';
import { RedisServer } from '../../test/support/redis-server.ts';
import { BuiltServer } from '../lib/built-server.ts';
import type { Case, Row } from '../lib/case.ts';
import { login, refresh, type SignedIn, signup } from '../lib/client.ts';
import { timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const TIMES = 3;
const EMAIL = 'faults@example.com';

/** What callers wait for when the server stops, and when Postgres or Redis is gone. */
export const faults: Case = async ({ createDatabase, redisUrl }) => [
  ...(await exitUnderLoad({ ...production(await createDatabase()), REDIS_URL: redisUrl })),
  ...(await postgresKilled()),
  ...(await redisGone(await createDatabase())),
];

/** SIGTERM while logins wait for the hashing threads and streams are open. */
async function exitUnderLoad(env: Readonly<Record<string, string>>): Promise<Row[]> {
  const exits: number[] = [];
  let failed = 0;
  for (let i = 0; i < TIMES; i += 1) {
    const server = await BuiltServer.start({ ...env, HASH_QUEUE_SECONDS: '30' });
    const owner = i === 0 ? await signup(server.url, EMAIL) : await login(server.url, EMAIL);
    const streams = Array.from({ length: 20 }, () => openStream(server.url, owner));
    await Promise.all(streams.map(({ connected }) => connected));
    const logins = Array.from({ length: 50 }, () => login(server.url, EMAIL));
    await Promise.race(logins);
    // Until the server has read the requests of all of them.
    await sleep(100);
    exits.push(await timed(() => server.stop()));
    failed += (await Promise.allSettled(logins)).filter(({ status }) => status === 'rejected').length;
    for (const { close } of streams) close();
  }
  const raw = `${TIMES} times with 50 logins in flight and 20 streams`;
  return [
    {
      what: 'SIGTERM until the process has exited, under load, max',
      value: Math.max(...exits) / 1000,
      unit: 's',
      atMost: 10,
      raw,
    },
    { what: 'logins in flight at SIGTERM that failed', value: failed, unit: 'count', atMost: 0, raw },
  ];
}

async function postgresKilled(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-faults-'));
  const port = String(await freePort());
  const start = () => startEmbeddedPostgres({ dataDir: folder, settings: { port } });
  let postgres = await start();
  await migrate(postgres.url, createLogger('silent'));
  const server = await BuiltServer.start(production(postgres.url));
  const refusals: number[] = [];
  const recoveries: number[] = [];
  try {
    let { refreshToken } = await signup(server.url, EMAIL);
    for (let i = 0; i < TIMES; i += 1) {
      process.kill(readPidFile(join(postgres.folder, 'pgdata'))?.pid ?? 0, 'SIGKILL');
      for (let refused = 0; refused < 20; ) {
        const startedAt = performance.now();
        try {
          // Backends outlive the killed server by a moment.
          ({ refreshToken } = await refresh(server.url, refreshToken));
        } catch {
          refusals.push(performance.now() - startedAt);
          refused += 1;
        }
      }
      postgres = await start();
      recoveries.push(
        await timed(async () => {
          ({ refreshToken } = await untilItSucceeds(() => refresh(server.url, refreshToken)));
        }),
      );
    }
  } finally {
    await server.stop();
    await postgres.stop();
    for (const path of [postgres.folder, folder]) rmSync(path, { recursive: true, force: true });
  }
  const raw = `${TIMES} times killed and restarted`;
  return [
    {
      what: 'a refresh refused while Postgres is gone, max',
      value: Math.max(...refusals),
      unit: 'ms',
      atMost: 2_000,
      raw: `${refusals.length} refusals`,
    },
    {
      what: 'Postgres accepts connections until a refresh succeeds, max',
      value: Math.max(...recoveries),
      unit: 'ms',
      atMost: 5_000,
      raw,
    },
  ];
}

async function redisGone(databaseUrl: string): Promise<Row[]> {
  const redis = await RedisServer.start();
  const server = await BuiltServer.start({ ...production(databaseUrl), REDIS_URL: redis.url });
  try {
    const owner = await signup(server.url, EMAIL);
    const rows: Row[] = [];
    for (const fault of ['frozen', 'killed']) {
      if (fault === 'frozen') redis.freeze();
      else await redis.kill();
      const streams: number[] = [];
      const refreshes: number[] = [];
      let { refreshToken } = await login(server.url, EMAIL);
      for (let i = 0; i < 20; i += 1) {
        streams.push(await timed(() => refusedStream(server.url, owner)));
        refreshes.push(
          await timed(async () => {
            ({ refreshToken } = await refresh(server.url, refreshToken));
          }),
        );
      }
      if (fault === 'frozen') redis.thaw();
      rows.push({
        what: `a stream refused while Redis is ${fault}, max`,
        value: Math.max(...streams),
        unit: 'ms',
        atMost: 1_000,
        raw: `20 refusals; refreshes beside them succeeded, max ${Math.max(...refreshes).toFixed(0)} ms`,
      });
    }
    return rows;
  } finally {
    await server.stop();
  }
}

interface Stream {
  readonly connected: Promise<unknown>;
  /** The first result, or the error that completed it. */
  readonly first: Promise<unknown>;
  close(): void;
}

function openStream(url: string, { accessToken }: Pick<SignedIn, 'accessToken'>): Stream {
  const client = createClient({
    url: `${url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { token: accessToken },
    lazy: false,
    retryAttempts: 0,
    onNonLazyError: () => undefined,
  });
  const connected = new Promise((resolve) => client.on('connected', resolve));
  const first = new Promise<unknown>((resolve) => {
    client.subscribe(
      { query: 'subscription { mySessionChanged { id } }' },
      { next: resolve, error: resolve, complete: () => resolve(undefined) },
    );
  });
  return { connected, first, close: () => void client.dispose() };
}

async function refusedStream(url: string, owner: SignedIn): Promise<void> {
  const stream = openStream(url, owner);
  const refusal = JSON.stringify(await stream.first);
  stream.close();
  if (!refusal?.includes('SERVICE_UNAVAILABLE')) throw new Error(`a stream was not refused: ${refusal}`);
}

async function untilItSucceeds<T>(act: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await act();
    } catch {
      await sleep(10);
    }
  }
}
