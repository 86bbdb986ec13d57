import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { production, UNREACHED } from '../../bench/lib/production.ts';
import { bundle } from '../../scripts/bundle.ts';
import { migrate } from '../../src/platform/database/migrate.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { Cable } from '../support/cable.ts';
import { freePort } from '../support/free-port.ts';
import { RedisServer } from '../support/redis-server.ts';
import type { Rules } from './history.ts';
import { Instance } from './instance.ts';
import { Postgres } from './postgres.ts';
import type { Timeline } from './timeline.ts';

export const RULES: Rules = { graceSeconds: 2, lockoutFailures: 5, floodLimit: 40, floodWindowSeconds: 10 };

/** An instance, and the proxies between it, its stores and its clients. */
export interface Site {
  readonly instance: Instance;
  readonly url: string;
  readonly front: Cable;
  readonly postgres: Cable;
  readonly redis: Cable;
}

/** Two instances on one Postgres and one Redis. */
export interface World {
  readonly postgres: Postgres;
  readonly redis: RedisServer;
  readonly sites: readonly [Site, Site];
  stop(): Promise<void>;
}

const REPOSITORY = join(import.meta.dirname, '..', '..');

export async function createWorld(timeline: Timeline): Promise<World> {
  const build = join(REPOSITORY, 'node_modules', '.cache', `latchkey_faults_${process.pid}`);
  const closers: (() => unknown)[] = [() => rmSync(build, { recursive: true, force: true })];
  const stop = async () => {
    for (const close of closers.splice(0).reverse()) await close();
  };
  try {
    await bundle(build);
    const postgres = await Postgres.start(mkdtempSync(join(tmpdir(), 'latchkey-faults-')));
    closers.push(() => postgres.stop());
    await migrate(postgres.url, createLogger('silent'));
    const redis = await RedisServer.start();
    closers.push(() => redis.kill());
    const env = { ...production(postgres.url), ...SETTINGS };
    const create = async (index: number): Promise<Site> => {
      const port = await freePort();
      const front = await Cable.to(`http://127.0.0.1:${port}`);
      const toPostgres = await Cable.to(postgres.url);
      const toRedis = await Cable.to(redis.url);
      const instance = new Instance({
        index,
        program: join(build, 'main.js'),
        env: {
          ...env,
          PORT: String(port),
          DATABASE_URL: toPostgres.url,
          REDIS_URL: toRedis.url,
        },
        timeline,
      });
      closers.push(() => Promise.all([front.close(), toPostgres.close(), toRedis.close()]));
      await instance.start();
      closers.push(() => instance.stop('SIGKILL'));
      return { instance, url: new URL(front.url).origin, front, postgres: toPostgres, redis: toRedis };
    };
    const sites = [await create(0), await create(1)] as const;
    return { postgres, redis, sites, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const SETTINGS = {
  NODE_ENV: 'test',
  LOG_LEVEL: 'info',
  BCRYPT_COST: '4',
  HASH_WORKERS: '1',
  HASH_QUEUE_SECONDS: '5',
  REFRESH_GRACE_SECONDS: String(RULES.graceSeconds),
  LOCKOUT_FAILURES: String(RULES.lockoutFailures),
  MAX_SESSIONS_PER_USER: '100',
  // Each client has an address of its own.
  TRUSTED_PROXIES: 'loopback',
  RATE_LIMITS: JSON.stringify({
    ...JSON.parse(UNREACHED),
    'login.address': `${RULES.floodLimit}/${RULES.floodWindowSeconds}s`,
  }),
};
