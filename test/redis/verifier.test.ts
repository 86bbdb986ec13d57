import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { createVerifier, redisRevocations, type Verifier } from '../../packages/verifier/src/index.ts';
import { useTestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { judged } from '../support/judged.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { signIn } from '../support/signed-in.ts';

/** Tokens of these tests are no older. */
const LIFETIME_SECONDS = 1;

describeWithRedis('a verifier that hears of revocations from Redis', () => {
  const redis = useTestRedis();
  const latchkey = useTestApp(() => ({
    env: { REDIS_URL: redis.url, JWT_ISSUER: 'https://auth.example.com' },
  }));
  let verifier: Verifier;
  beforeAll(() => {
    const subscriber = new Redis(redis.url);
    subscriber.on('error', () => undefined);
    verifier = createVerifier({
      issuer: 'https://auth.example.com',
      audience: 'latchkey',
      jwksUrl: `${latchkey.url}/.well-known/jwks.json`,
      revocations: redisRevocations({ redis: subscriber, tokenLifetimeSeconds: LIFETIME_SECONDS }),
    });
  });
  afterAll(() => verifier?.close());

  const isLive = () => eventually(async () => verifier.guarantee === 'live');
  const isBlind = () => eventually(async () => verifier.guarantee === 'expiry-only');

  test('is live once it has listened for the lifetime of a token, and refuses what ends', async () => {
    expect(verifier.guarantee).toBe('expiry-only');
    await isLive();
    const [{ client }] = await signIn(latchkey, 1);
    const token = String(client.accessToken);
    expect(await judged(verifier, token)).toBe('principal');
    await client.data('mutation { logout { count } }');
    await eventually(async () => (await judged(verifier, token)) === 'revoked');
  });

  test('says so while Redis is frozen, and has missed nothing after', async () => {
    await isLive();
    const [{ client }] = await signIn(latchkey, 1);
    const token = String(client.accessToken);
    expect(await judged(verifier, token)).toBe('principal');
    redis.freeze();
    await isBlind();
    expect(await judged(verifier, token)).toBe('principal');
    await client.data('mutation { logout { count } }');
    redis.thaw();
    await eventually(async () => (await judged(verifier, token)) === 'revoked');
    await isLive();
  });

  test('is live again after Redis was away', async () => {
    await isLive();
    await redis.kill();
    await isBlind();
    await redis.start();
    await isLive();
    const [{ client }] = await signIn(latchkey, 1);
    await client.data('mutation { logout { count } }');
    await eventually(async () => (await judged(verifier, String(client.accessToken))) === 'revoked');
  });
});
