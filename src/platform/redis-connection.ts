import { Redis } from 'ioredis';
import type { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';
import type { Secret } from '../core/secret.ts';

/** Command timeout, in milliseconds: requests must not wait for a frozen Redis. */
const COMMAND_TIMEOUT_MS = 250;

/**
 * Closes a connection on which a command gets no reply for this long, in milliseconds: commands sent to a frozen Redis
 * are executed when it resumes, including all repeated attempts.
 */
const SILENCE_MS = 1_000;

/** Maximum delay between reconnection attempts, in milliseconds. */
const MAX_RETRY_DELAY_MS = 1_000;

/** Maximum wait for the answer to `pingRedis`, in milliseconds. */
const PING_TIMEOUT_MS = 2_000;

/** @throws {Error} if Redis does not answer. */
export async function pingRedis(url: Secret): Promise<void> {
  const redis = new Redis(url.reveal(), {
    connectionName: 'latchkey-ping',
    lazyConnect: true,
    connectTimeout: PING_TIMEOUT_MS,
    commandTimeout: PING_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let failure: Error | null = null;
  redis.on('error', (error: Error) => {
    failure = error;
  });
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    // What `connect` throws says only that the connection is closed.
    throw failure ?? error;
  } finally {
    redis.disconnect();
  }
}

/**
 * Opens a connection that fails fast and reconnects automatically. Commands are refused, not queued, while it is down:
 * an unbounded queue would replay outdated commands minutes later. `opened` resolves after the first attempt,
 * successful or not. All connections share one `report`, since an outage affects all of them.
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
    // The bus restores the subscriptions that are still needed.
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    commandTimeout: COMMAND_TIMEOUT_MS,
    socketTimeout: SILENCE_MS,
    connectTimeout: 1_000,
    retryStrategy: (attempt) => Math.min(attempt * 100, MAX_RETRY_DELAY_MS),
  });
  redis.on('error', (error: NodeJS.ErrnoException) => {
    report.run((count) => {
      // The message is empty if the host has several addresses.
      const reason = error.message || error.code;
      logger.warn({ reason, count }, 'Redis is unreachable: continuing without it; see REDIS_URL');
    });
  });
  redis.on('ready', () => logger.info({ connection: name }, 'connected to Redis'));
  // A failed first attempt is logged above and retried like any other.
  return { redis, opened: redis.connect().catch(() => undefined) };
}
