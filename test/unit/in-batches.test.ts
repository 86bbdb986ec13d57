import { expect, test } from '@jest/globals';
import { inBatches } from '../../src/core/in-batches.ts';
import type { UnitOfWork } from '../../src/core/ports.ts';

/** Runs all work, or none: that of another instance. */
function unitOfWork(isFree: (name: string) => boolean): UnitOfWork {
  return {
    run: (work) => work(),
    runExclusively: async (name, work) => (isFree(name) ? work() : null),
    afterCommit: () => undefined,
    requireAvailable: async () => undefined,
  };
}

test.each([
  ['nothing', 0, 1],
  ['less than a batch', 9, 1],
  ['a batch', 10, 2],
  ['several', 35, 4],
])('batches go on until nothing is left: %s', async (_what, rows, batches) => {
  let left = rows;
  let ran = 0;
  await inBatches(
    unitOfWork(() => true),
    'the work',
    10,
    async (limit) => {
      const handled = Math.min(limit, left);
      left -= handled;
      ran += 1;
      return handled;
    },
  );
  expect({ left, ran }).toEqual({ left: 0, ran: batches });
});

test('batches end when another instance does the work of that name', async () => {
  let ran = 0;
  await inBatches(
    unitOfWork((name) => name === 'the work' && ran < 3),
    'the work',
    10,
    async (limit) => {
      ran += 1;
      return limit;
    },
  );
  expect(ran).toBe(3);
});
