import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { noBus } from '../../src/app/bus.ts';
import { UnavailableError } from '../../src/core/errors.ts';
import type { EventBus } from '../../src/core/event-bus.ts';
import type { Revocation } from '../../src/core/revocation.ts';
import { RevocationFeed, Revocations } from '../../src/modules/revocations/index.ts';
import { silentLogger as logger } from '../support/logger.ts';

/** A bus that delivers a heartbeat when a test says so. */
class HeldBus {
  readonly held: unknown[] = [];
  #listener: (payload: unknown) => void = () => undefined;
  #onGap = () => {};
  #onResumed = () => {};

  readonly bus: EventBus = {
    ...noBus,
    publish: async (events) => {
      for (const { messages } of events) for (const { payload } of messages) this.held.push(payload);
      return [];
    },
    subscribe: async (channel, listener) => {
      if (channel === 'auth:heartbeat') this.#listener = listener;
      return () => undefined;
    },
    onGap: (listener) => {
      this.#onGap = listener;
    },
    onResumed: (listener) => {
      this.#onResumed = listener;
    },
  };

  deliver(count = this.held.length): void {
    for (const payload of this.held.splice(0, count)) this.#listener(payload);
  }

  interrupt(): void {
    this.held.length = 0;
    this.#onGap();
  }

  resume(): void {
    this.#onResumed();
  }
}

/** A database that answers at once, never, or when a test says so. */
class HeldDatabase {
  mode: 'up' | 'down' | 'held' = 'up';
  reads = 0;
  readonly #waiting: (() => void)[] = [];

  listWithin(): Promise<Revocation[]> {
    this.reads += 1;
    if (this.mode === 'down') return Promise.reject(new Error('down'));
    return new Promise((resolve) => {
      if (this.mode === 'up') resolve([]);
      else this.#waiting.push(() => resolve([]));
    });
  }

  answer(): void {
    this.#waiting.shift()?.();
  }
}

let held: HeldBus;
let database: HeldDatabase;
let feed: RevocationFeed;
let frozenMs: number;
let lost: number;

beforeEach(async () => {
  jest.useFakeTimers();
  held = new HeldBus();
  database = new HeldDatabase();
  frozenMs = 0;
  lost = 0;
  feed = new RevocationFeed({
    bus: held.bus,
    store: database,
    revocations: new Revocations({ keepForSeconds: 300 }),
    logger,
    monotonicNow: () => performance.now() + frozenMs,
  });
  feed.onLost(() => {
    lost += 1;
  });
  await feed.start();
});
afterEach(async () => {
  await feed.stop();
  jest.useRealTimers();
});

const pass = (milliseconds: number) => jest.advanceTimersByTimeAsync(milliseconds);

/** Resolves whether a promise has been fulfilled by now. */
async function isDone(promise: Promise<void>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await pass(0);
  return done;
}

describe('the revocation feed', () => {
  test('is current by its heartbeats alone, without a read', async () => {
    database.mode = 'down';
    database.reads = 0;
    held.deliver();
    for (let i = 0; i < 100; i += 1) {
      await pass(400);
      held.deliver();
      expect(feed.isCurrent).toBe(true);
    }
    expect([database.reads, lost]).toEqual([0, 0]);
  });

  test('is current by reads alone', async () => {
    for (let i = 0; i < 100; i += 1) {
      await pass(400);
      expect(feed.isCurrent).toBe(true);
    }
    expect(lost).toBe(0);
  });

  test('is not current by a heartbeat that was on its way for long', async () => {
    database.mode = 'down';
    await pass(6_000);
    expect(feed.isCurrent).toBe(false);
    held.deliver(3);
    expect(feed.isCurrent).toBe(false);
    held.deliver();
    expect(feed.isCurrent).toBe(true);
  });

  test('is not current by the heartbeat of another instance', async () => {
    database.mode = 'down';
    await pass(6_000);
    held.held.splice(0, Number.POSITIVE_INFINITY, { id: 'not ours' }, {}, null);
    held.deliver();
    expect(feed.isCurrent).toBe(false);
  });

  test('is not current by heartbeats after an interruption, until the database was read', async () => {
    database.mode = 'down';
    held.interrupt();
    await pass(400);
    held.resume();
    for (let i = 0; i < 10; i += 1) {
      await pass(400);
      held.deliver();
    }
    expect(feed.isCurrent).toBe(false);
    database.mode = 'up';
    await pass(400);
    expect(feed.isCurrent).toBe(true);
    database.mode = 'down';
    for (let i = 0; i < 10; i += 1) {
      await pass(400);
      held.deliver();
    }
    expect(feed.isCurrent).toBe(true);
  });

  test('tells when it has missed what happens for seconds', async () => {
    database.mode = 'down';
    await pass(3_500);
    expect(lost).toBe(0);
    await pass(1_500);
    expect(lost).toBeGreaterThan(0);
  });

  test('is not current after a freeze, in which no timer has fired, and has time to catch up', async () => {
    await pass(400);
    held.deliver();
    frozenMs = 60_000;
    expect(feed.isCurrent).toBe(false);
    await pass(400);
    expect([feed.isCurrent, lost]).toEqual([true, 0]);
  });
});

describe('a request for which the feed is not current', () => {
  beforeEach(async () => {
    database.mode = 'down';
    await pass(6_000);
    database.reads = 0;
  });

  test('is refused as unavailable if the database cannot be read', async () => {
    await expect(feed.catchUp()).rejects.toBeInstanceOf(UnavailableError);
  });

  test('shares one read with all others', async () => {
    database.mode = 'held';
    const requests = Promise.all(Array.from({ length: 100 }, () => feed.catchUp()));
    database.answer();
    await requests;
    expect([database.reads, feed.isCurrent]).toEqual([1, true]);
  });

  test('waits for another read if the one in progress began long before', async () => {
    database.mode = 'held';
    await pass(400);
    expect(database.reads).toBe(1);
    await pass(4_000);
    const request = feed.catchUp();
    database.answer();
    expect([await isDone(request), database.reads]).toEqual([false, 2]);
    database.answer();
    expect([await isDone(request), feed.isCurrent]).toEqual([true, true]);
  });
});
