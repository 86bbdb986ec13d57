import type { Clock } from '../core/clock.ts';
import type { Logger } from '../core/ports.ts';
import type { Database } from '../platform/database/database.ts';
import { DatabaseClock } from '../platform/database/database-clock.ts';
import { Periodic } from '../platform/periodic.ts';
import type { Closers } from './closers.ts';

/** By then a clock that runs a thousandth too fast is off by a hundredth of a second. */
const INTERVAL_MS = 10_000;

/** Measures the database's clock, and again now and then until `closers` stops it. */
export async function startDatabaseClock(
  database: Database,
  machineClock: Clock,
  logger: Logger,
  closers: Closers,
): Promise<DatabaseClock> {
  const clock = new DatabaseClock({ database, machineClock, logger });
  await clock.measure();
  const work = () => clock.measure();
  const job = new Periodic({ name: 'database clock', intervalMs: INTERVAL_MS, logger, work });
  job.start();
  closers.add(job.name, () => job.stop());
  return clock;
}
