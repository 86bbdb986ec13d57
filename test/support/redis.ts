import { beforeAll, describe } from '@jest/globals';
import { afterFile } from './after-file.ts';
import { BINARY, RedisServer } from './redis-server.ts';

export { RedisServer as TestRedis } from './redis-server.ts';

if (BINARY === undefined && process.env['REQUIRE_REDIS'] === '1') {
  throw new Error('REQUIRE_REDIS is set, and there is no redis-server on the PATH.');
}

/** Tests that need a Redis of their own: skipped, and reported as such, where no server is installed. */
export const describeWithRedis = BINARY === undefined ? describe.skip : describe;

/** A Redis for the tests of this `describe`: it runs before their hooks do. */
export function useTestRedis(): RedisServer {
  const redis = new RedisServer();
  beforeAll(() => redis.start());
  // Apps that use it stop before.
  afterFile(() => redis.kill());
  return redis;
}
