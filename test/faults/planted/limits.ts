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
    find: 'return this.#own.chargeNow(charges, this.#instances);',
    replace: 'return this.#own.chargeNow(charges, 1);',
    test: { file: 'redis/rate-limiter', name: 'admits at most half as many more while Redis is' },
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
];
