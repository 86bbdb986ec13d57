import { expect, test } from '@jest/globals';
import { newId, type ServiceClientId } from '../../src/core/ids.ts';
import { systemOrigin } from '../../src/core/principal.ts';
import { type ServiceClient, ServiceClientDirectory } from '../../src/modules/service-clients/index.ts';

const id = newId<ServiceClientId>();
const client = { id, name: 'billing' } as ServiceClient;

/** A database in which each read takes so long, in milliseconds of a clock of its own. */
function create(readMs: number) {
  const state = { now: 0, reads: 0, spent: 0, heardAt: Number.NEGATIVE_INFINITY };
  const directory = new ServiceClientDirectory({
    store: {
      find: async () => {
        state.reads += 1;
        await new Promise((resolve) => setImmediate(resolve));
        state.now += readMs;
        return client;
      },
    },
    revocations: { isUnchangedSince: (_id, readAt) => state.heardAt < readAt },
    feed: { isCurrent: true, catchUp: async () => undefined },
    rateLimits: {
      spend: async () => {
        state.spent += 1;
      },
    },
    monotonicNow: () => state.now,
  });
  return { directory, state };
}

test('a slow database is asked once for each question, however young the answer must be', async () => {
  const { directory, state } = create(1_100);
  expect(await directory.find(id, systemOrigin, 1)).toBe(client);
  expect(state.reads).toBe(1);
});

test('a hundred questions at once are one read, and spend the limit once', async () => {
  const { directory, state } = create(1);
  const ask = () => Promise.all(Array.from({ length: 100 }, () => directory.find(id, systemOrigin, 1)));
  await ask();
  expect([state.reads, state.spent]).toEqual([1, 1]);
  state.now += 2_000;
  await ask();
  expect([state.reads, state.spent]).toEqual([2, 2]);
});

test('a client is remembered for a minute, and until a change of it is heard of', async () => {
  const { directory, state } = create(1);
  await directory.find(id, systemOrigin);
  state.now += 50_000;
  await directory.find(id, systemOrigin);
  expect(state.reads).toBe(1);
  state.heardAt = state.now;
  state.now += 1;
  await directory.find(id, systemOrigin);
  expect(state.reads).toBe(2);
});

test('what is read while a change is heard of is read again', async () => {
  const { directory, state } = create(10);
  const found = directory.find(id, systemOrigin);
  state.heardAt = 5;
  await found;
  expect(state.reads).toBe(2);
});
