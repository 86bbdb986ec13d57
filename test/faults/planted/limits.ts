import type { PlantedBug } from './planted-bug.ts';

export const limitBugs: readonly PlantedBug[] = [
  {
    what: 'wrong passwords count for known users alone, so that the lock tells who is one',
    file: 'src/modules/lockout/lockout.ts',
    find: 'const begun = await store.begin(digest, attempt.userId, rules);',
    replace: `const begun =
        attempt.userId === null
          ? ({ kind: 'begun', failures: 1 } as const)
          : await store.begin(digest, attempt.userId, rules);`,
    test: { file: 'integration/lockout', name: 'and no hash is computed' },
  },
  {
    what: 'a rate limit forgets uses a tenth of its window too early',
    file: 'src/platform/rate-limiter/redis-scripts.ts',
    find: 'if bucket < current -',
    replace: 'if bucket <= current -',
    test: {
      file: 'redis/rate-limiter',
      name: 'admits at most its number of uses in any interval of its length',
    },
  },
  {
    what: 'without Redis each instance admits as many as all of them together may',
    file: 'src/platform/rate-limiter/redis-rate-limiter.ts',
    find: 'isCountedHere ? null : this.#own.chargeNow(charges, this.#instances);',
    replace: 'isCountedHere ? null : this.#own.chargeNow(charges, 1);',
    test: { file: 'redis/rate-limiter', name: 'admits at most half as many more while Redis is' },
  },
  {
    what: 'what an instance admitted while it was cut off from Redis is forgotten',
    file: 'src/platform/rate-limiter/redis-rate-limiter.ts',
    find: 'if (refusal === null) this.#owed.add(charges);',
    replace: '',
    test: { file: 'redis/rate-limiter', name: 'by instances that were cut off from it' },
  },
  {
    what: 'a Redis that comes back without its counts admits a whole limit again',
    file: 'src/platform/rate-limiter/redis-rate-limiter.ts',
    find: 'if (known !== null) this.#lostAtMs = performance.now();',
    replace: '',
    test: { file: 'redis/rate-limiter', name: 'though Redis comes back without its counts' },
  },
  {
    what: 'after Redis has come back, the first instance that announces itself takes itself for the only one',
    file: 'src/platform/rate-limiter/redis-rate-limiter.ts',
    find: 'this.#lostWithin(INSTANCE_SECONDS) ? Math.max(instances, this.#instances) : instances',
    replace: 'instances',
    test: { file: 'redis/rate-limiter', name: 'though Redis comes back without its counts' },
  },
  {
    what: 'an attempt whose password was not checked counts as a failure',
    file: 'src/modules/lockout/lockout.ts',
    find: 'await this.#deps.store.withdraw(digest).catch(() => undefined);',
    replace: '',
    test: {
      file: 'integration/lockout',
      name: 'attempts that find the hashing queue full are not counted',
    },
  },
  {
    what: 'a lock lets attempts through',
    file: 'src/modules/lockout/lockout.store.typeorm.ts',
    find: 'WHERE lockouts.locked_until IS NULL OR lockouts.locked_until <= now()\n',
    replace: '\n',
    test: { file: 'integration/lockout', name: 'are never exceeded by two hundred at once' },
  },
  {
    what: 'streams beside the router are not limited by address',
    file: 'src/http/server.ts',
    find: 'isFromRouter: () => true, limitsAddresses: true };',
    replace: 'isFromRouter: () => true, limitsAddresses };',
    test: { file: 'security/public-streams', name: 'are by address, over both transports' },
  },
  {
    what: 'web pages of CORS_ORIGIN open streams beside the router',
    file: 'src/http/server.ts',
    find: '...anyone, origins: streamOrigins });',
    replace: '...anyone, origins });',
    test: { file: 'security/public-streams', name: 'a web page needs to be listed for it' },
  },
  {
    what: 'any operation is executed where subscriptions are',
    file: 'src/graphql/operations/subscription-gate.ts',
    find: 'if (operation?.operation !== OperationTypeNode.SUBSCRIPTION) return [onlySubscriptions()];',
    replace: 'if (operation == null) return [onlySubscriptions()];',
    test: { file: 'security/public-streams', name: 'by a WebSocket: a query' },
  },
];
