import { Redis } from 'ioredis';
import type { OncePerMinute } from '../../core/once-per-minute.ts';
import type { Logger } from '../../core/ports.ts';
import type { Secret } from '../../core/secret.ts';

/** How long one command may take, in milliseconds: people must not wait for a Redis that is frozen. */
const COMMAND_TIMEOUT_MS = 250;

/**
 * A connection on which a command has had no answer for this long is given up, in milliseconds: what is written to a
 * frozen Redis is carried out when it thaws, again and again where it was tried again and again.
 */
const SILENCE_MS = 1_000;

/** A lost connection is tried anew after this long at most, in milliseconds. */
const MAX_RETRY_DELAY_MS = 1_000;

/**
 * A connection that fails fast and comes back by itself. Commands that cannot be sent now are refused instead of queued: an
 * endless queue replays, minutes later, what nobody waits for any more. `opened` resolves when it is there, or has failed
 * for the first time. The connections of a bus share one `report`: what one cannot reach, the others cannot either.
 */
export function connectRedis(
  url: Secret,
  name: string,
  logger: Logger,
  report: OncePerMinute,
): { redis: Redis; opened: Promise<void> } {
  const redis = new Redis(url.reveal(), {
    connectionName: `latchkey-${name}`,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // The subscriptions that are still wanted are restored by the bus, which knows them.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_DELAY_MS),
  });
  redis.on('error', (error: NodeJS.ErrnoException) => {
    report.run((count) => {
      // Where a host has several addresses, the message is empty.
      const reason = error.message || error.code;
      logger.warn({ reason, count }, 'Redis is out of reach: going on without it; see REDIS_URL');
    });
  });
  redis.on('ready', () => logger.info({ connection: name }, 'connected to Redis'));
  // The first attempt fails like every later one: it is reported above and tried again.
  return { redis, opened: redis.connect().catch(() => undefined) };
}
