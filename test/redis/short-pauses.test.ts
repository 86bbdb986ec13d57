import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PAUSES } from '../support/amounts.ts';
import { MAIN } from '../support/built.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../support/latchkey-process.ts';
import { Load } from '../support/load.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { SlowLink } from '../support/slow-link.ts';
import { runSql } from '../support/sql.ts';

/** How long the other takes to reach Redis, in milliseconds: while it publishes, it holds what it publishes. */
const SLOW_MS = 100;

/** Around the age at which another instance publishes what this one has not: in milliseconds. */
const SHORTEST_MS = 200;
const LONGEST_MS = 800;

describeWithRedis('a process that pauses for a moment', () => {
  let dataDir: string;
  const secrets = newSecrets();
  let redis: TestRedis;
  let link: SlowLink;
  let databaseUrl: string;
  let drop: () => Promise<void>;
  const running: LatchkeyProcess[] = [];

  beforeEach(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'latchkey-pauses-'));
    redis = await TestRedis.start();
    link = await SlowLink.to(redis.url);
    link.delayMs = SLOW_MS;
    ({ url: databaseUrl, drop } = await createTestDatabase());
  });
  afterEach(async () => {
    for (const latchkey of running.splice(0)) await latchkey.kill();
    await drop?.();
    await link?.close();
    await redis?.kill();
    rmSync(dataDir, { recursive: true, force: true });
  });

  async function start(redisUrl: string): Promise<LatchkeyProcess & { url: string }> {
    const latchkey = new LatchkeyProcess(MAIN, {
      ...PROCESS_SETTINGS,
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      MIGRATE_ON_START: 'false',
      REDIS_URL: redisUrl,
      ...secrets,
    });
    running.push(latchkey);
    return Object.assign(latchkey, { url: await latchkey.serving() });
  }

  test(
    `does not deadlock with another that publishes in its place (${PAUSES} pauses)`,
    async () => {
      const pausing = await start(redis.url);
      await start(link.url);
      const load = new Load(pausing.url);
      for (let pause = 1; pause <= PAUSES; pause += 1) {
        await load.untilAcknowledged(load.acknowledged + 10);
        pausing.child.kill('SIGSTOP');
        await setTimeout(SHORTEST_MS + Math.random() * (LONGEST_MS - SHORTEST_MS));
        pausing.child.kill('SIGCONT');
      }
      await load.untilAcknowledged(load.acknowledged + 10);
      for (const latchkey of running.splice(0)) await latchkey.kill();
      await load.over;
      // A connection reports its figures when it ends.
      await eventually(async () => (await runSql(databaseUrl, CONNECTIONS)).length === 0);
      expect(await runSql(databaseUrl, DEADLOCKS)).toEqual([{ deadlocks: 0 }]);
    },
    PAUSES * 20_000,
  );
});

const CONNECTIONS = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'latchkey%'`;
const DEADLOCKS = 'SELECT deadlocks::int FROM pg_stat_database WHERE datname = current_database()';
