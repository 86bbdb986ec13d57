import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { MAIN } from '../support/built.ts';
import { createTestDatabase } from '../support/database.ts';
import { request } from '../support/http.ts';
import { LatchkeyProcess, PROCESS_SETTINGS } from '../support/latchkey-process.ts';
import { describeWithRedis, TestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { handshake } from '../support/websocket.ts';

const SOCKETS = 20;

describeWithRedis('clients who reset the connection while their upgrade is being counted', () => {
  let redis: TestRedis;
  let database: Awaited<ReturnType<typeof createTestDatabase>>;
  let latchkey: LatchkeyProcess;
  beforeEach(async () => {
    redis = await TestRedis.start();
    database = await createTestDatabase();
    latchkey = new LatchkeyProcess(MAIN, {
      ...PROCESS_SETTINGS,
      DATABASE_URL: database.url,
      MIGRATE_ON_START: 'false',
      REDIS_URL: redis.url,
      RATE_LIMITS: '{}',
      ...newSecrets(),
    });
  });
  afterEach(async () => {
    await latchkey?.kill();
    redis?.thaw();
    await redis?.kill();
    await database?.drop();
  });

  test('do not end the process', async () => {
    const url = await latchkey.serving();
    // Counting takes a while now, until the limiter gives up on Redis.
    redis.freeze();
    await Promise.all(
      Array.from({ length: SOCKETS }, async (_, i) => {
        const socket = connect(Number(new URL(url).port), '127.0.0.1');
        socket.on('error', () => undefined);
        await once(socket, 'connect');
        socket.write(handshake('/graphql'));
        await pause(10 * i);
        socket.resetAndDestroy();
      }),
    );
    // After all of them have been counted.
    await latchkey.waitFor(/rate limits are not shared/);
    expect((await request(`${url}/livez`)).status).toBe(200);
    latchkey.child.kill('SIGTERM');
    expect(await latchkey.exit).toBe(0);
  });
});
