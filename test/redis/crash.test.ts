import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { eventCatalogue } from '../../src/app/features/index.ts';
import type { EventType } from '../../src/core/events.ts';
import { KILLS, NIGHTLY } from '../support/amounts.ts';
import { MAIN } from '../support/built.ts';
import { ChannelListener, type Heard } from '../support/channel-listener.ts';
import { GraphQLClient } from '../support/client.ts';
import { createTestDatabase } from '../support/database.ts';
import { keepEvents } from '../support/kept-events.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../support/latchkey-process.ts';
import { Load } from '../support/load.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

/** A kill comes after a random number of acknowledged writes, of so many at most. */
const MAX_WRITES = 60;

describeWithRedis('a process that is killed', () => {
  let dataDir: string;
  let redis: TestRedis;
  let listener: ChannelListener;
  let databaseUrl: string;
  let drop: () => Promise<void>;
  let env: Record<string, string>;
  let running: LatchkeyProcess | null = null;

  beforeAll(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'latchkey-crash-'));
  });
  beforeEach(async () => {
    redis = await TestRedis.start();
    listener = await ChannelListener.open(redis.url);
    ({ url: databaseUrl, drop } = await createTestDatabase());
    await keepEvents(databaseUrl);
    env = {
      ...PROCESS_SETTINGS,
      DATA_DIR: dataDir,
      DATABASE_URL: databaseUrl,
      MIGRATE_ON_START: 'false',
      REDIS_URL: redis.url,
      ...newSecrets(),
    };
  });
  afterEach(async () => {
    await running?.kill();
    listener?.close();
    await drop?.();
    await redis?.kill();
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  async function start(): Promise<string> {
    running = new LatchkeyProcess(MAIN, env);
    return running.serving();
  }

  /** The events that were committed and have a channel. */
  async function committed(): Promise<string[]> {
    const rows = await runSql(databaseUrl, 'SELECT id, type FROM kept_events');
    return rows
      .filter(({ type }) => eventCatalogue[type as EventType].channel !== null)
      .map(({ id }) => String(id));
  }

  test('before it could publish has its events published after the restart, in order', async () => {
    const client = new GraphQLClient(await start());
    await redis.kill();
    await client.signup();
    await client.refresh();
    await client.data('mutation { logout { count } }');
    await running?.kill();
    const left = await committed();
    expect(left).toHaveLength(5);
    expect(listener.heard).toEqual([]);

    await redis.start();
    await listener.heardAll();
    await start();
    await listener.caughtUp(databaseUrl);
    expect(listener.events.map(({ payload }) => payload.type)).toEqual([
      'user.registered',
      'session.created',
      'token.refreshed',
      'session.terminated',
      'user.logout',
    ]);
    expect(idsOf(listener.events).sort()).toEqual(left.sort());
  });

  test(
    `at any moment (${KILLS} of them) loses no acknowledged write and no event, and tells of none that was not committed`,
    async () => {
      const figures = { acknowledged: 0, events: 0, left: 0, repeated: 0 };
      let url = await start();
      for (let kill = 0; kill < KILLS; kill += 1) {
        const load = new Load(url);
        await load.untilAcknowledged(1 + Math.floor(Math.random() * MAX_WRITES));
        await running?.kill();
        await load.over;

        await listener.heardAll();
        const heardBefore = new Set(idsOf(listener.events));
        url = await start();
        await listener.caughtUp(databaseUrl);

        // Asked now: what the database was about to commit at the kill, it has committed in the meantime.
        const events = await committed();
        expect(idsOf(listener.events).sort()).toEqual(events.toSorted());
        await load.expectKept(databaseUrl, url);
        figures.acknowledged += load.acknowledged;
        figures.events = events.length;
        figures.left += events.filter((id) => !heardBefore.has(id)).length;
      }
      figures.repeated = listener.deliveries.length - listener.heard.length;
      if (NIGHTLY) process.stderr.write(`${KILLS} kills: ${JSON.stringify(figures)}\n`);
    },
    KILLS * 60_000,
  );
});

const idsOf = (messages: readonly Heard[]) => messages.map(({ payload }) => payload.id);
