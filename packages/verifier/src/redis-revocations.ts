import { parseRevocation, type RevocationListener, type RevocationSource } from './revocations.ts';

/** What is needed of a client of `ioredis`. It subscribes, so it is for nothing else. */
export interface RedisSubscriber {
  subscribe(...channels: string[]): Promise<unknown>;
  on(event: 'message', listener: (channel: string, message: string) => void): unknown;
  on(event: 'close' | 'ready', listener: () => void): unknown;
  readonly status: string;
  disconnect(): void;
}

interface Options {
  /** Of the Redis that Latchkey publishes on, with a connection of its own: `new Redis(url)`. */
  readonly redis: RedisSubscriber;
  /** The longest lifetime of access tokens (JWT_ACCESS_EXPIRY), in seconds; 300 at least. */
  readonly tokenLifetimeSeconds?: number;
}

const REVOCATIONS = 'auth:revocations';
const HEARTBEAT = 'auth:heartbeat';
const ISSUERS = 'auth:issuers';

/** Each instance of Latchkey sends a heartbeat every 400 ms: without one for so long, revocations may be missing, in milliseconds. */
const SILENCE_MS = 1_500;

/** Tolerances of clocks are added to the lifetime, in seconds. */
const MARGIN_SECONDS = 10;

/**
 * Hears of revocations from Redis. It is live once it has listened for as long as access tokens live: what was revoked before it
 * connected, or while it was cut off, is not told again. `streamedRevocations` is live at once.
 */
export function redisRevocations({ redis, tokenLifetimeSeconds = 300 }: Options): RevocationSource {
  const lifetimeMs = (Math.max(tokenLifetimeSeconds, 300) + MARGIN_SECONDS) * 1_000;
  let beatAt = Number.NEGATIVE_INFINITY;
  /** Since when nothing was missed; infinite while nothing is heard. */
  let since = Number.POSITIVE_INFINITY;

  function receive(listener: RevocationListener, channel: string, message: string): void {
    const payload = parse(message);
    if (channel === HEARTBEAT) {
      beatAt = performance.now();
      // The first heartbeat shows that the subscription is in force.
      since = Math.min(since, beatAt);
    } else if (channel === REVOCATIONS) {
      const revocation = parseRevocation(payload['data']);
      if (revocation !== null) listener.onRevocation(revocation);
    } else if (channel === ISSUERS) {
      const { verifies } = payload;
      if (Array.isArray(verifies)) listener.onKeys(verifies);
    }
  }

  return {
    get isLive() {
      const now = performance.now();
      return now - beatAt < SILENCE_MS && now - since > lifetimeMs;
    },
    start(listener) {
      redis.on('message', (channel, message) => receive(listener, channel, message));
      redis.on('close', () => {
        since = Number.POSITIVE_INFINITY;
      });
      // ioredis subscribes again by itself after a lost connection.
      redis.subscribe(REVOCATIONS, HEARTBEAT, ISSUERS).catch(() => undefined);
    },
    async stop() {
      redis.disconnect();
    },
  };
}

/** Others may write to the same channels. */
function parse(message: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(message);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
