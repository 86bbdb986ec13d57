import { describe, expect, test } from '@jest/globals';
import { createDigest } from '../../src/core/digest.ts';
import { RateLimitedError } from '../../src/core/errors.ts';
import type { NewEvent } from '../../src/core/events.ts';
import { systemOrigin } from '../../src/core/principal.ts';
import type { Charge, RateLimiter } from '../../src/core/rate-limits.ts';
import { defaultRateLimits } from '../../src/core/rate-limits.ts';
import { Secret } from '../../src/core/secret.ts';
import { RateLimits } from '../../src/modules/rate-limits/index.ts';
import { MemoryRateLimiter } from '../../src/platform/rate-limiter/memory-rate-limiter.ts';
import { RecordingLogger } from '../support/logger.ts';

const USE = { limit: 'requests.token', subject: 'a' } as const;

function setUp(limit = 100) {
  const memory = new MemoryRateLimiter();
  const charges: Charge[] = [];
  const limiter: RateLimiter = {
    charge: async (charged) => {
      charges.push(...charged);
      await new Promise(setImmediate);
      return memory.charge(charged);
    },
    countDistinct: (...of) => memory.countDistinct(...of),
    forgetMember: (...of) => memory.forgetMember(...of),
  };
  const events: NewEvent[] = [];
  const logger = new RecordingLogger();
  const limits = new RateLimits({
    limiter,
    table: { ...defaultRateLimits, 'requests.token': { limit, windowSeconds: 3_600 } },
    digest: createDigest(new Secret('x'.repeat(32))),
    events: { record: async () => undefined, countRefusal: (event) => void events.push(event) },
    counters: { increment: () => undefined },
    logger,
  });
  return { limits, charges, events, logger };
}

describe('a limit that is used by parts', () => {
  test('admits its number of uses, however many come at once', async () => {
    const { limits } = setUp();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 250 }, () => limits.spendLeased(systemOrigin, USE)),
    );
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(outcomes.length - refused.length).toBe(100);
    for (const { reason } of refused as PromiseRejectedResult[])
      expect(reason).toBeInstanceOf(RateLimitedError);
  });

  test('takes ever larger parts while they are used up, a fiftieth at most', async () => {
    const { limits, charges } = setUp(1_000);
    for (let i = 0; i < 100; i += 1) await limits.spendLeased(systemOrigin, USE);
    expect(charges.map(({ cost }) => cost)).toEqual([1, 2, 4, 8, 16, 20, 20, 20, 20]);
  });

  test('is used up to the last', async () => {
    const { limits } = setUp(30);
    let admitted = 0;
    for (let i = 0; i < 40; i += 1)
      await limits.spendLeased(systemOrigin, USE).then(
        () => {
          admitted += 1;
        },
        () => undefined,
      );
    expect(admitted).toBe(30);
  });
});

test('a subject is reported once a window, by its digest where it may be a secret', async () => {
  const { limits, events, logger } = setUp();
  const use = { limit: 'signup.identifier', subject: 'email:mary@example.com' } as const;
  for (let i = 0; i < 20; i += 1)
    await limits
      .spend(systemOrigin, [use])
      .catch((error: unknown) => expect(error).toBeInstanceOf(RateLimitedError));
  expect(events).toHaveLength(1);
  expect(events[0]?.data).toEqual({
    limit: 'signup.identifier',
    subject: expect.stringMatching(/^[\w-]{22}$/),
  });
  expect(logger.lines).toHaveLength(1);
  expect(logger.lines.join()).not.toContain('mary');
});
