import { Periodic } from '../platform/periodic.ts';
import type { Closers } from './closers.ts';
import type { Job } from './feature.ts';
import { cleanupJob } from './features/cleanup.ts';
import { features } from './features/index.ts';
import type { Parts } from './parts.ts';

/** Starts the background jobs; `closers` stops them. */
export async function startBackgroundJobs(
  parts: Parts,
  closers: Closers,
  refusalWindowMs: number,
): Promise<void> {
  const jobs = [
    ...platformJobs(parts, refusalWindowMs),
    ...features.flatMap((feature) => feature.jobs?.(parts) ?? []),
  ];
  for (const job of jobs) {
    await job.start?.();
    closers.add(job.name, () => job.stop());
  }
}

function platformJobs(parts: Parts, refusalWindowMs: number): Job[] {
  const { relay, counters, events, logger } = parts;
  return [
    // First, so that it stops last: it publishes the events that the others record while stopping.
    { name: 'event relay', start: () => relay.start(), stop: () => relay.stop() },
    new Periodic({
      name: 'counters',
      intervalMs: 60_000,
      logger,
      work: () => counters.flush(),
      runsAtStop: true,
    }),
    new Periodic({
      name: 'refusals',
      intervalMs: refusalWindowMs,
      logger,
      work: () => events.flushRefusals(),
      runsAtStop: true,
    }),
    cleanupJob(parts),
  ];
}
