import { Redis } from 'ioredis';
import { PATIENCE_MS } from './patience.ts';
import { recorded } from './streams.ts';

/** A message as another service gets it. */
export interface Heard {
  readonly channel: string;
  readonly payload: {
    id: string;
    type: string;
    occurredAt: string;
    position: number;
    data: Record<string, unknown>;
  };
}

/** What instances tell each other alone. */
const INTERNAL = ['auth:heartbeat', 'auth:issuers'];

/** Another service on the same Redis: hears everything that is published under `auth:`, but what is internal. */
export class ChannelListener {
  /** Every message, in order, repeats of an event included: it is published at least once. */
  readonly deliveries: Heard[] = [];
  /** The messages without repeats, which a subscriber drops by the event's id. */
  readonly heard: Heard[] = [];
  readonly #redis: Redis;
  readonly #known = new Set<string>();
  readonly #watchers = new Set<() => void>();

  private constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('error', () => undefined);
    redis.on('pmessage', (_pattern, channel: string, message: string) => {
      if (INTERNAL.includes(channel)) return;
      this.#note({ channel, payload: JSON.parse(message) });
      for (const look of [...this.#watchers]) look();
    });
  }

  /** It comes back to a Redis that was away before any instance does. */
  static async open(url: string): Promise<ChannelListener> {
    const redis = new Redis(url, { retryStrategy: () => 5, maxRetriesPerRequest: null });
    const listener = new ChannelListener(redis);
    await redis.psubscribe('auth:*');
    return listener;
  }

  /** What one channel has carried, in order. */
  on(channel: string): Heard[] {
    return this.heard.filter((message) => message.channel === channel);
  }

  /** What the channels of the events' own types have carried: an event is told once there, wherever else it is told. */
  get events(): Heard[] {
    return this.heard.filter(({ channel, payload }) => channel === `auth:${payload.type}`);
  }

  /** Resolves as soon as `find` finds something in what was heard, with that. */
  async until<T>(find: (listener: this) => T | undefined | false): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`not heard among ${this.heard.length} messages: ${find}`));
      }, PATIENCE_MS);
      const look = () => {
        const found = find(this);
        if (found === undefined || found === false) return;
        clearTimeout(timeout);
        this.#watchers.delete(look);
        resolve(found);
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Resolves when it has heard all that was recorded in this database before the call. */
  async caughtUp(databaseUrl: string): Promise<void> {
    await recorded(databaseUrl);
    await this.heardAll();
  }

  /** Resolves when it has heard all that was published before the call; once it is connected, where Redis was away. */
  async heardAll(): Promise<void> {
    // Redis answers in order: what was published before has been sent to this connection before the pong.
    await this.#redis.ping();
  }

  /** What is said while `work` is done, and because of it. */
  async during(databaseUrl: string, work: () => unknown): Promise<Heard[]> {
    await this.caughtUp(databaseUrl);
    const before = this.heard.length;
    await work();
    await this.caughtUp(databaseUrl);
    return this.heard.slice(before);
  }

  close(): void {
    this.#redis.disconnect();
  }

  #note(message: Heard): void {
    this.deliveries.push(message);
    const key = `${message.channel} ${message.payload.id}`;
    if (this.#known.has(key)) return;
    this.#known.add(key);
    this.heard.push(message);
  }
}

/** How many connections have subscribed a channel, as Redis sees it. */
export async function subscribers(redis: Redis, channel: string): Promise<number> {
  const [, count] = (await redis.pubsub('NUMSUB', channel)) as [string, number];
  return Number(count);
}
