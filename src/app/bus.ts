import type { Config } from '../config/config.ts';
import type { EventBus } from '../core/event-bus.ts';
import type { Logger } from '../core/ports.ts';
import { MemoryEventBus } from '../platform/events/memory-bus.ts';
import { RedisEventBus } from '../platform/events/redis-bus.ts';
import type { Closers } from './closers.ts';

/** The bus between instances: Redis, or memory where there is only one. */
export async function openBus({ redis }: Config, logger: Logger, closers: Closers): Promise<EventBus> {
  if (redis === null) {
    logger.info(
      {},
      'no REDIS_URL: events stay within this process, which must be the only one on its database',
    );
    return new MemoryEventBus();
  }
  const bus = await RedisEventBus.open(redis.url, logger);
  closers.add('redis', async () => bus.close());
  return bus;
}

/** A command has none: what it records waits in the outbox for the relay of a server. */
export const noBus: EventBus = {
  publish: async () => {
    throw new Error('left to the relay');
  },
  subscribe: async () => {
    throw new Error('a command does not listen');
  },
  onResumed: () => undefined,
};
