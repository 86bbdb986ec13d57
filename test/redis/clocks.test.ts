import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startTestApp, type TestApp } from '../support/app.ts';
import { ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/logger.ts';
import { bearing } from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { signIn } from '../support/signed-in.ts';
import { SettableClock } from '../support/time-travel.ts';

/** How far the clocks of the machines are ahead, in seconds. */
const AHEAD = [0, 20, -20, 280, -280];

describeWithRedis('instances on machines whose clocks differ', () => {
  const redis = useTestRedis();
  const instances: { aheadSeconds: number; clock: SettableClock; app: TestApp; logger: RecordingLogger }[] =
    [];

  beforeAll(async () => {
    for (const aheadSeconds of AHEAD) {
      const clock = new SettableClock(aheadSeconds);
      const logger = new RecordingLogger();
      const databaseUrl = instances[0]?.app.databaseUrl;
      const app = await startTestApp({
        env: { REDIS_URL: redis.url },
        machineClock: clock,
        logger,
        ...(databaseUrl !== undefined && { databaseUrl }),
      });
      instances.push({ aheadSeconds, clock, app, logger });
    }
  });
  afterAll(async () => {
    for (const { app } of instances.reverse()) await app.stop();
  });

  const isAccepted = async (app: TestApp, token: string | null) =>
    (await bearing(app, token ?? '').send(ME)).data.me !== null;

  test('accept the tokens of each other, at once', async () => {
    const refused: string[] = [];
    for (const issuer of instances) {
      const [{ client }] = await signIn(issuer.app, 1);
      for (const verifier of instances)
        if (!(await isAccepted(verifier.app, client.accessToken)))
          refused.push(`${issuer.aheadSeconds} s at ${verifier.aheadSeconds} s`);
    }
    expect(refused).toEqual([]);
  });

  test('do not expire tokens, or revive them, when their clock is set', async () => {
    const [instance] = instances;
    if (instance === undefined) throw new Error('there is no instance');
    const { app, clock } = instance;
    const [ended, active] = await signIn(app, 2);
    await ended.client.data('mutation { logout { count } }');
    for (const seconds of [400, -400, 0]) {
      clock.setAhead(seconds);
      expect(await isAccepted(app, active.client.accessToken)).toBe(true);
      expect(await isAccepted(app, ended.client.accessToken)).toBe(false);
    }
  });

  test('say so, and want no requests where the distance is large', async () => {
    for (const { aheadSeconds, app, logger } of instances) {
      const warned = () => logger.lines.filter((line) => line.includes("this machine's clock differs"));
      const { status } = await fetch(`${app.url}/readyz`);
      expect([aheadSeconds, status]).toEqual([aheadSeconds, Math.abs(aheadSeconds) > 30 ? 503 : 200]);
      if (aheadSeconds !== 0) await eventually(async () => warned().length > 0);
    }
  });
});
