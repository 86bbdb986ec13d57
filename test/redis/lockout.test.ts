import { expect, test } from '@jest/globals';
import { Redis } from 'ioredis';
import { useTwoTestApps } from '../support/app.ts';
import { LOGIN, newAccount, PASSWORD } from '../support/client.ts';
import { describeWithRedis, useTestRedis } from '../support/redis.ts';
import { newSecrets } from '../support/secrets.ts';
import { runSql } from '../support/sql.ts';

const THRESHOLD = 5;
const ATTEMPTS = 200;
const HOME = '198.51.100.1';
const STRANGER = '203.0.113.7';

describeWithRedis('two hundred wrong passwords at once on two instances', () => {
  const secrets = newSecrets();
  const redis = useTestRedis();
  const instances = useTwoTestApps(() => ({
    env: { REDIS_URL: redis.url, TRUSTED_PROXIES: 'loopback', HASH_QUEUE_SECONDS: '30', ...secrets },
  }));

  async function login(i: number, identifier: string, password: string, address = STRANGER) {
    const client = instances[i % 2]?.client();
    const headers = { 'x-forwarded-for': address };
    const answer = await client?.send(LOGIN, { input: { identifier, password } }, headers);
    return answer?.data.login.__typename as string;
  }

  test.each(['an account has', 'no account has'])(
    'compute no more hashes than the limit, on an identifier that %s, and stay locked without Redis and after a restart',
    async (which) => {
      const account = newAccount();
      const { email } = account;
      const isAccount = which === 'an account has';
      const [a] = instances;
      if (isAccount) {
        await a.client().signup(account);
        expect(await login(0, email, PASSWORD, HOME)).toBe('Authentication');
      }
      const before = await failures();
      const outcomes = await Promise.all(
        Array.from({ length: ATTEMPTS }, (_, i) => login(i, email, 'not the right one')),
      );
      expect(outcomes.filter((outcome) => outcome === 'InvalidCredentialsError')).toHaveLength(THRESHOLD);
      expect(outcomes.filter((outcome) => outcome === 'AuthRateLimitedError')).toHaveLength(
        ATTEMPTS - THRESHOLD,
      );
      // One for each hash that was computed.
      expect((await failures()) - before).toBe(THRESHOLD);

      const client = new Redis(redis.url);
      await client.flushall();
      client.disconnect();
      await a.restart();
      for (const i of [0, 1]) expect(await login(i, email, PASSWORD)).toBe('AuthRateLimitedError');
      if (isAccount) expect(await login(1, email, PASSWORD, HOME)).toBe('Authentication');
    },
  );

  async function failures(): Promise<number> {
    const [row] = await runSql(
      instances[0].databaseUrl,
      `SELECT count(*)::int AS count FROM events WHERE type = 'user.login_failed'`,
    );
    return row?.['count'] as number;
  }
});
