import { beforeEach, expect, test } from '@jest/globals';
import { newId, type SessionId } from '../../src/core/ids.ts';
import type { EventLog, UnitOfWork } from '../../src/core/ports.ts';
import type { Revocation } from '../../src/core/revocation.ts';
import { type EndKeeper, LostEnds, Revocations } from '../../src/modules/revocations/index.ts';
import { silentLogger as logger } from '../support/logger.ts';

const KEEP_MS = 300_000;

const unitOfWork = { run: (work: () => Promise<unknown>) => work() } as unknown as UnitOfWork;
const events = { record: async () => undefined } as unknown as EventLog;

let now: number;
let revocations: Revocations;
let batches: (readonly Revocation[])[];
let isDown: boolean;
let lostEnds: LostEnds;

beforeEach(() => {
  now = 0;
  batches = [];
  isDown = false;
  const monotonicNow = () => now;
  const clock = { now: () => new Date(1_800_000_000_000 + now) };
  revocations = new Revocations({ keepForSeconds: KEEP_MS / 1_000, clock, monotonicNow });
  const keeper: EndKeeper = {
    kind: 'session',
    endAgain: async (given) => {
      if (isDown) throw new Error('down');
      batches.push(given);
      return [];
    },
  };
  lostEnds = new LostEnds({ revocations, keepers: [keeper], unitOfWork, events, logger, monotonicNow });
});

function hear(): SessionId {
  const id = newId<SessionId>();
  revocations.add({ kind: 'session', id, notBefore: null, reason: 'LOGOUT' });
  return id;
}

test('all that was heard is compared, in batches', async () => {
  const ids = Array.from({ length: 2_500 }, hear);
  revocations.add({ kind: 'personal_access_token', id: newId(), notBefore: null });
  await lostEnds.run();
  expect(batches.map(({ length }) => length)).toEqual([1_000, 1_000, 500]);
  expect(batches.flat().map(({ id }) => id)).toEqual(ids);
  await lostEnds.run();
  expect(batches.flat()).toHaveLength(5_000);
});

test('nothing is forgotten before it was compared with a database that no standby lags behind so far', async () => {
  const id = hear();
  await lostEnds.run();
  now = 59_000;
  await lostEnds.run();
  // The database is away for long: it may come back without the last commits.
  isDown = true;
  for (now = 70_000; now < 3 * KEEP_MS; now += 10_000) {
    await expect(lostEnds.run()).rejects.toThrow('down');
    // What is new lets memory forget what is old.
    hear();
    expect(revocations.has(id)).toBe(true);
  }
  isDown = false;
  batches = [];
  await lostEnds.run();
  expect(batches.flat().map((revocation) => revocation.id)).toContain(id);
  expect(revocations.has(id)).toBe(false);
});
