import { Cleanup } from '../../platform/cleanup.ts';
import { Periodic } from '../../platform/periodic.ts';
import type { Job } from '../feature.ts';
import type { Parts } from '../parts.ts';

const INTERVAL_MS = 300_000;

export const cleanup = (parts: Parts) => new Cleanup({ purges: parts.purges(), unitOfWork: parts.database });

/** Runs the purges of all features. */
export function cleanupJob(parts: Parts): Job {
  const cleaning = parts.get(cleanup);
  const work = async () => void (await cleaning.run());
  const periodic = new Periodic({ name: 'cleanup', intervalMs: INTERVAL_MS, logger: parts.logger, work });
  return {
    name: periodic.name,
    start: () => periodic.start(),
    stop: () => {
      cleaning.stop();
      return periodic.stop();
    },
  };
}
