import { expect, test } from '@jest/globals';
import { DatabaseClock } from '../../src/platform/database/database-clock.ts';
import { RecordingLogger } from '../support/logger.ts';

/** The database's time when monotonic time is 0. */
const EPOCH = 1_800_000_000_000;

function setUp(machineAheadMs = 0) {
  const scene = {
    monotonic: 1_000,
    /** The ways of each statement to the database and back, in milliseconds. */
    ways: [] as [number, number][],
    /** How long each statement waits for a connection. */
    waitMs: 0,
    machineAheadMs,
    databaseAheadMs: 0,
    isDown: false,
    reads: 0,
  };
  const database = {
    query: async <Row extends object>(
      _sql: string,
      given: readonly unknown[] | (() => readonly unknown[]) = [],
    ) => {
      scene.reads += 1;
      if (scene.isDown) throw new Error('down');
      scene.monotonic += scene.waitMs;
      if (typeof given === 'function') given();
      const [there, back] = scene.ways.shift() ?? [1, 1];
      scene.monotonic += there;
      const now = new Date(EPOCH + scene.monotonic + scene.databaseAheadMs);
      scene.monotonic += back;
      return [{ now }] as unknown as Row[];
    },
  };
  const logger = new RecordingLogger();
  const clock = new DatabaseClock({
    database,
    machineClock: { now: () => new Date(EPOCH + scene.monotonic + scene.machineAheadMs) },
    logger,
    monotonicNow: () => scene.monotonic,
  });
  /** How far the clock is ahead of the database's, in milliseconds. */
  const error = () => clock.now().getTime() - (EPOCH + scene.monotonic + scene.databaseAheadMs);
  return { scene, clock, error, logger };
}

test('the clock is that of the database, by the fastest of a few statements', async () => {
  const { scene, clock, error } = setUp(20_000);
  scene.waitMs = 400;
  scene.ways = [
    [300, 0],
    [2, 2],
    [0, 200],
  ];
  await clock.measure();
  expect(error()).toBe(0);
});

test('setting the clock of the machine changes nothing', async () => {
  const { scene, clock, error } = setUp();
  await clock.measure();
  for (const aheadMs of [-280_000, 3_600_000]) {
    scene.machineAheadMs = aheadMs;
    scene.monotonic += 5_000;
    expect(error()).toBe(0);
  }
});

test('the last measurement holds while there is no better one', async () => {
  const { scene, clock, error } = setUp();
  await clock.measure();
  scene.ways = [
    [3_000, 0],
    [2_000, 0],
    [2_500, 0],
  ];
  await clock.measure();
  expect(error()).toBe(0);
  scene.isDown = true;
  await expect(clock.measure()).rejects.toThrow('down');
  scene.monotonic += 60_000;
  expect(error()).toBe(0);
});

test('a database with another clock, as after a failover, is followed', async () => {
  const { scene, clock, error } = setUp();
  await clock.measure();
  scene.databaseAheadMs = -7_000;
  await clock.measure();
  expect(error()).toBe(0);
});

test.each([
  [1_900, true, 0],
  [-20_000, true, 1],
  [29_900, true, 1],
  [31_000, false, 1],
  [-280_000, false, 1],
])('a machine whose clock is %i ms ahead is tolerable: %s', async (aheadMs, tolerable, warnings) => {
  const { scene, clock, logger } = setUp();
  await clock.measure();
  expect(logger.lines).toEqual([]);
  scene.machineAheadMs = aheadMs;
  await clock.measure();
  await clock.measure();
  expect([clock.isTolerable, logger.lines.length]).toEqual([tolerable, warnings]);
  if (warnings > 0) expect(logger.lines[0]).toContain(`"aheadSeconds":${Math.round(aheadMs / 1_000)}`);
});
