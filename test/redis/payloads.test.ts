import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventCatalogue } from '../../src/app/features/index.ts';
import type { EventType } from '../../src/core/events.ts';
import { type TestApp, useTwoTestApps } from '../support/app.ts';
import { withServicesBeside } from '../support/beside.ts';
import { ChannelListener, type Heard } from '../support/channel-listener.ts';
import { PASSWORD } from '../support/client.ts';
import { DELETE } from '../support/messages.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { type Scene, sessionEnds, setScene } from '../support/session-ends.ts';
import { signIn } from '../support/signed-in.ts';
import { runSql } from '../support/sql.ts';
import { rewind } from '../support/time-travel.ts';

const BEYOND_RETENTION = 31 * 24 * 60 * 60;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

describeWithRedis('what two busy instances publish', () => {
  const secrets = newSecrets();
  const redis = useTestRedis();
  const instances = useTwoTestApps(() => ({ env: { REDIS_URL: redis.url, ...secrets } }));
  let listener: ChannelListener;
  let scenes: Scene[];

  beforeAll(async () => {
    listener = await ChannelListener.open(redis.url);
    scenes = (await Promise.all(instances.map(doEverything))).flat();
    await purgeOne(instances[0]);
    await listener.caughtUp(instances[0].databaseUrl);
  });
  afterAll(() => listener?.close());

  async function doEverything(app: TestApp): Promise<Scene[]> {
    const played: Scene[] = [];
    for (const [, , end] of sessionEnds) {
      const scene = await setScene(app, secrets);
      await scene.older.client.refresh();
      await rewind(app.databaseUrl, scene.older.id, 61);
      await scene.older.client.data('mutation { recordActivity { id } }');
      await end(scene);
      played.push(scene);
    }
    const [{ client }] = await signIn(app, 4);
    await client.data('mutation { terminateOtherSessions { __typename } }');
    await client.data(DELETE, { password: PASSWORD });
    return played;
  }

  async function purgeOne(app: TestApp): Promise<void> {
    const [{ client, id }] = await signIn(app, 1);
    await client.data('mutation { logout { count } }');
    await rewind(app.databaseUrl, id, BEYOND_RETENTION);
    await withServicesBeside(app.databaseUrl, secrets, ({ cleanup }) => cleanup.run());
  }

  test('is said on every channel there is, and on no other', () => {
    const own = Object.values(eventCatalogue).flatMap(({ channel }) => channel ?? []);
    const heard = new Set(
      listener.heard.map(({ channel, payload }) =>
        channel.replace(`auth:user:${payload.data['userId']}:`, 'auth:user:…:'),
      ),
    );
    expect(heard).toEqual(new Set([...own, 'auth:user:…:sessions', 'auth:all:sessions', 'auth:revocations']));
  });

  test('goes out event by event, each in one go and in one order, whatever else is published meanwhile', () => {
    const runs: Heard[][] = [];
    for (const message of listener.deliveries) {
      const { id, type } = message.payload;
      const run = runs.at(-1);
      // An event that is published again begins again.
      if (run?.[0]?.payload.id === id && message.channel !== `auth:${type}`) run.push(message);
      else runs.push([message]);
    }
    // Whole runs: no other message came between those of an event.
    for (const run of runs) {
      const { type, data } = (run[0] as Heard).payload;
      const { streamedTo, revokes } = eventCatalogue[type as EventType];
      expect(run.map(({ channel }) => channel)).toEqual([
        `auth:${type}`,
        ...(streamedTo ? [`auth:user:${data['userId']}:sessions`, 'auth:all:sessions'] : []),
        ...(revokes ? ['auth:revocations'] : []),
      ]);
    }
  });

  test('has one shape, and holds ids, times and words of ours', () => {
    for (const { payload } of listener.heard) {
      expect(Object.keys(payload)).toEqual(['position', 'id', 'type', 'occurredAt', 'data']);
      expect(payload.position).toBeGreaterThan(0);
      const { id, occurredAt, data } = payload;
      expect([id, occurredAt]).toEqual([expect.stringMatching(UUID), expect.stringMatching(TIME)]);
      for (const [name, value] of Object.entries(data)) {
        expect({ name, value }).toEqual({ name, value: allowed(name) });
      }
    }
  });

  test('holds no secret and nothing about a person', () => {
    const said = JSON.stringify(listener.heard);
    expect(scenes.length).toBe(2 * sessionEnds.length);
    for (const { email, older, newer, administrator } of scenes) {
      for (const { accessToken, refreshToken } of [older.client, newer, administrator]) {
        expect(said).not.toContain(accessToken);
        expect(said).not.toContain(refreshToken);
      }
      expect(said).not.toContain(email);
    }
    expect(said).not.toContain(PASSWORD);
    expect(said).not.toMatch(/lkr_|eyJ|127\.0\.0\.1|user\d|\$2b\$/);
  });

  test('is dated as in the log, whoever publishes it', async () => {
    const rows = await runSql(instances[0].databaseUrl, 'SELECT id, occurred_at AS at FROM events');
    const recorded = new Map(rows.map(({ id, at }) => [id, (at as Date).toISOString()]));
    const kept = listener.heard.filter(({ payload }) => recorded.has(payload.id));
    expect(kept.length).toBeGreaterThan(100);
    for (const { payload } of kept) expect(payload.occurredAt).toBe(recorded.get(payload.id));
  });
});

function allowed(name: string): unknown {
  switch (name) {
    case 'sessionIds':
      return expect.not.arrayContaining([expect.not.stringMatching(UUID)]);
    case 'notBefore':
      return null;
    case 'kind':
      return 'session';
    case 'sessionRevision':
      return expect.any(Number);
    case 'reason':
      return expect.stringMatching(/^[A-Z_]+$/);
    default:
      return expect.stringMatching(name === 'until' || name.endsWith('At') ? TIME : UUID);
  }
}
