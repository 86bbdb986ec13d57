import type { Logger } from '../core/ports.ts';
import { Periodic } from '../platform/periodic.ts';
import type { Closers } from './closers.ts';
import type { Services } from './services.ts';

/** What an instance does besides answering: running when this resolves, stopped with everything else. */
export async function startBackgroundWork(
  services: Services,
  logger: Logger,
  closers: Closers,
  refusalWindowMs: number,
): Promise<void> {
  const { relay, revocationFeed, activity, sweep, tokenUsage, events, counters } = services;
  await relay.start();
  closers.add('event relay', () => relay.stop());
  closers.add('token usage', () => tokenUsage.flush());
  closers.add('counters', () => counters.flush());
  closers.add('refusals', () => events.flushRefusals());
  await revocationFeed.start();
  closers.add('revocation feed', () => revocationFeed.stop());
  for (const periodic of [
    new Periodic({ name: 'session activity', intervalMs: 1_000, logger, work: () => activity.flush() }),
    new Periodic({ name: 'token usage', intervalMs: 30_000, logger, work: () => tokenUsage.flush() }),
    new Periodic({ name: 'counters', intervalMs: 60_000, logger, work: () => counters.flush() }),
    new Periodic({
      name: 'refusals',
      intervalMs: refusalWindowMs,
      logger,
      work: () => events.flushRefusals(),
    }),
    new Periodic({ name: 'session sweep', intervalMs: 60_000, logger, work: () => sweep.run() }),
  ]) {
    periodic.start();
    closers.add(periodic.name, () => periodic.stop());
  }
}
