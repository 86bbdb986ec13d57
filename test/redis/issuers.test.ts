import { afterEach, expect, test } from '@jest/globals';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { ME } from '../support/client.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/logger.ts';
import { bearing } from '../support/personal-access-tokens.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { errorCodeOf } from '../support/signed-in.ts';

describeWithRedis('two instances', () => {
  const redis = useTestRedis();
  const apps: TestApp[] = [];
  afterEach(async () => {
    for (const app of apps.splice(0).reverse()) await app.stop();
  });

  const [key, another] = [generateSigningKeyPem(), generateSigningKeyPem()];
  const env = () => ({ ...newSecrets(), REDIS_URL: redis.url, JWT_PRIVATE_KEY: key });

  /** Starts one, then another with other settings; and what each of them says of the other. */
  async function startPair(first: Record<string, string>, second: Record<string, string>) {
    const [shared, logs] = [env(), [new RecordingLogger(), new RecordingLogger()] as const];
    const one = await startTestApp({ env: { ...shared, ...first }, logger: logs[0] });
    apps.push(one);
    const { databaseUrl } = one;
    const two = await startTestApp({ env: { ...shared, ...second }, logger: logs[1], databaseUrl });
    apps.push(two);
    const warnings = () =>
      logs.map(({ lines }) => lines.filter((line) => /refuse access tokens of each other/.test(line)));
    return { one, two, warnings };
  }

  test.each([
    ['JWT_ISSUER', { JWT_ISSUER: 'https://elsewhere.example' }],
    ['JWT_AUDIENCE', { JWT_AUDIENCE: 'another' }],
    ['JWT_PRIVATE_KEY or JWT_SECRET', { JWT_PRIVATE_KEY: another }],
    ['JWT_ACCESS_EXPIRY', { JWT_ACCESS_EXPIRY: '10m' }],
    // Its tokens are refused, although it accepts those of the first.
    ['JWT_PRIVATE_KEY or JWT_SECRET', { JWT_PRIVATE_KEY: another + key }],
  ])('that refuse tokens of each other warn of it: %s', async (setting, second) => {
    const { one, two, warnings } = await startPair({}, second);
    await eventually(async () => warnings().every((lines) => lines.length > 0));
    const warning = expect.stringMatching(new RegExp(`^warn .*"settings":\\["${setting}"\\]`));
    expect(warnings()).toEqual([[warning], [warning]]);
    expect(JSON.stringify(warnings())).not.toContain('PRIVATE KEY-');
    const { accessToken } = await two.client().signup();
    expect(await errorCodeOf(bearing(one, accessToken).send(ME))).toBe('UNAUTHENTICATED');
  });

  test.each([
    ['the same settings', key, key],
    ['a key that one of them has yet to get', key, key + another],
    ['a key that one of them signs with already', key + another, another + key],
    ['a key that one of them has dropped', another + key, another],
  ])('that accept tokens of each other do not: %s', async (_what, first, second) => {
    const { one, two, warnings } = await startPair({ JWT_PRIVATE_KEY: first }, { JWT_PRIVATE_KEY: second });
    for (const [issuing, accepting] of [
      [one, two],
      [two, one],
    ] as const) {
      const { accessToken } = await issuing.client().signup();
      expect((await bearing(accepting, accessToken).data(ME)).me).not.toBeNull();
    }
    expect(warnings()).toEqual([[], []]);
  });
});
