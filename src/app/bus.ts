import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { EventBus } from '../core/event-bus.ts';
import type { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';
import { MemoryEventBus } from '../platform/events/memory-bus.ts';
import type { Closers } from './closers.ts';

/** Opens the event bus: Redis, or in memory for a single instance. */
export async function openBus(
  { redis }: Config,
  clock: Clock,
  logger: Logger,
  closers: Closers,
  report: OncePerMinute,
): Promise<EventBus> {
  if (redis === null) {
    logger.info({}, 'no REDIS_URL: events stay within this process; only one instance may use the database');
    return new MemoryEventBus(clock);
  }
  const { RedisEventBus } = await import('../platform/events/redis-bus.ts');
  const bus = await RedisEventBus.open(redis.url, logger, report);
  closers.add('redis', async () => bus.close());
  return bus;
}

/** CLI commands do not publish; a running server's relay does, from the outbox. */
export const noBus: EventBus = {
  publish: async () => {
    throw new Error('commands do not publish');
  },
  newPosition: async () => {
    throw new Error('commands do not publish');
  },
  subscribe: async () => {
    throw new Error('commands do not subscribe');
  },
  deliveredUpTo: null,
  onGap: () => undefined,
  onResumed: () => undefined,
};
