import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Target } from './history.ts';
import type { Site, World } from './world.ts';

export interface Fault {
  readonly targets: readonly Target[];
  /** Whether it concerns one instance. */
  readonly isOfOneInstance: boolean;
  /** Begins it, waits, and ends it. */
  run(world: World, site: Site, durationMs: number): Promise<void>;
}

/** What goes wrong in production, by name. */
export const faults: Readonly<Record<string, Fault>> = {
  'Redis is killed': {
    targets: ['redis'],
    isOfOneInstance: false,
    async run({ redis }, _site, durationMs) {
      await redis.kill();
      await delay(durationMs);
      await redis.start();
    },
  },
  'Redis is frozen': {
    targets: ['redis'],
    isOfOneInstance: false,
    run: ({ redis }, _site, durationMs) => between(redis, durationMs),
  },
  'Redis is unreachable for an instance': through('redis', 'cut'),
  'Redis is silent for an instance': through('redis', 'silent'),
  'Postgres is killed': {
    targets: ['postgres'],
    isOfOneInstance: false,
    async run({ postgres }, _site, durationMs) {
      postgres.kill();
      await delay(durationMs);
      await postgres.start();
    },
  },
  'Postgres is frozen': {
    targets: ['postgres'],
    isOfOneInstance: false,
    run: ({ postgres }, _site, durationMs) => between(postgres, durationMs),
  },
  'the connections to Postgres are terminated': {
    targets: ['postgres'],
    isOfOneInstance: false,
    run: ({ postgres }) =>
      query(
        postgres.url,
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
      ),
  },
  'Postgres is unreachable for an instance': through('postgres', 'cut'),
  'Postgres is silent for an instance': through('postgres', 'silent'),
  'Postgres is slow for an instance': {
    targets: ['postgres'],
    isOfOneInstance: true,
    async run(_world, { postgres }, durationMs) {
      postgres.latencyMs = 40;
      await delay(durationMs);
      postgres.latencyMs = 0;
    },
  },
  'an instance is cut off from both': {
    targets: ['postgres', 'redis'],
    isOfOneInstance: true,
    async run(_world, { postgres, redis }, durationMs) {
      postgres.mode = 'cut';
      redis.mode = 'cut';
      await delay(durationMs);
      // Postgres is back first.
      postgres.mode = 'open';
      await delay(1_000);
      redis.mode = 'open';
    },
  },
  'the sessions are locked': {
    targets: ['postgres'],
    isOfOneInstance: false,
    run: ({ postgres }, _site, durationMs) =>
      query(
        postgres.url,
        `BEGIN; LOCK TABLE sessions IN SHARE MODE; SELECT pg_sleep(${durationMs / 1_000}); COMMIT`,
      ),
  },
  'answers of an instance are lost': {
    targets: ['answers'],
    isOfOneInstance: true,
    async run(_world, { front }, durationMs) {
      front.mode = 'mute';
      await delay(durationMs);
      front.mode = 'open';
    },
  },
  'an instance is unreachable': {
    targets: ['answers'],
    isOfOneInstance: true,
    async run(_world, { front }, durationMs) {
      front.mode = 'cut';
      await delay(durationMs);
      front.mode = 'open';
    },
  },
  'an instance is killed': {
    targets: ['instance'],
    isOfOneInstance: true,
    async run(_world, { instance }, durationMs) {
      await instance.stop('SIGKILL');
      await delay(durationMs);
      await instance.start();
    },
  },
  'an instance is frozen': {
    targets: ['instance'],
    isOfOneInstance: true,
    run: (_world, { instance }, durationMs) =>
      between(
        { freeze: () => instance.signal('SIGSTOP'), thaw: () => instance.signal('SIGCONT') },
        // For longer than the grace of refresh tokens.
        durationMs + 3_000,
      ),
  },
  'an instance is restarted': {
    targets: ['instance'],
    isOfOneInstance: true,
    async run(_world, { instance }) {
      await instance.stop('SIGTERM');
      await instance.start();
    },
  },
};

function through(store: 'postgres' | 'redis', mode: 'cut' | 'silent'): Fault {
  return {
    targets: [store],
    isOfOneInstance: true,
    async run(_world, site, durationMs) {
      site[store].mode = mode;
      await delay(durationMs);
      site[store].mode = 'open';
    },
  };
}

async function between(server: { freeze(): void; thaw(): void }, durationMs: number): Promise<void> {
  server.freeze();
  await delay(durationMs);
  server.thaw();
}

async function query(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
