import { expect, test } from '@jest/globals';
import { Periodic } from '../../src/platform/periodic.ts';
import { eventually } from '../support/eventually.ts';
import { RecordingLogger } from '../support/logger.ts';

const ROUNDS = 20;

test('work that fails again and again is told once a minute', async () => {
  const logger = new RecordingLogger();
  let rounds = 0;
  const work = async () => {
    rounds += 1;
    throw new Error('this does not work');
  };
  const periodic = new Periodic({ name: 'the work', intervalMs: 1, logger, work });
  periodic.start();
  await eventually(async () => rounds >= ROUNDS);
  await periodic.stop();
  expect(logger.lines).toEqual([expect.stringMatching(/^warn the work: a round failed \{"count":1\}/)]);
});
