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
  /** The longest lifetime of access tokens, in seconds. By default what Latchkey announces (JWT_ACCESS_EXPIRY), and 300 at least. */
  readonly tokenLifetimeSeconds?: number;
}

const REVOCATIONS = 'auth:revocations';
const HEARTBEAT = 'auth:heartbeat';
const ISSUERS = 'auth:issuers';

/** Each instance of Latchkey sends a heartbeat every 400 ms: without one for so long, revocations may be missing, in milliseconds. */
const SILENCE_MS = 1_500;

/** The tolerance of clocks, which is added to the lifetime, in seconds. */
const MARGIN_SECONDS = 5;

/**
 * Hears of revocations from Redis. It is live once it has listened for as long as access tokens live: what was revoked before it
 * connected, or while it was cut off, is not told again. `streamedRevocations` is live at once.
 */
export function redisRevocations({ redis, tokenLifetimeSeconds }: Options): RevocationSource {
  let announcedSeconds = 300;
  let isStarted = false;
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
      const { verifies, ttlSeconds } = payload;
      if (typeof ttlSeconds === 'number') announcedSeconds = Math.max(announcedSeconds, ttlSeconds);
      if (Array.isArray(verifies)) listener.onKeys(verifies);
    }
  }

  return {
    get isLive() {
      const now = performance.now();
      const lifetimeSeconds = (tokenLifetimeSeconds ?? announcedSeconds) + MARGIN_SECONDS;
      return now - beatAt < SILENCE_MS && now - since > lifetimeSeconds * 1_000;
    },
    start(listener) {
      if (isStarted) throw new Error('a source of revocations serves one verifier');
      isStarted = true;
      redis.on('message', (channel, message) => receive(listener, channel, message));
      redis.on('close', () => {
        since = Number.POSITIVE_INFINITY;
      });
      // Each time: ioredis gives a subscription up that it could not make for long.
      const subscribe = () => void redis.subscribe(REVOCATIONS, HEARTBEAT, ISSUERS).catch(() => undefined);
      redis.on('ready', subscribe);
      if (redis.status === 'ready') subscribe();
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
