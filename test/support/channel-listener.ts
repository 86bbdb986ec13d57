import { Redis } from 'ioredis';
import { eventually } from './eventually.ts';
import { runSql } from './sql.ts';

/** A message as another service gets it. */
export interface Heard {
  readonly channel: string;
  readonly payload: { id: string; type: string; occurredAt: string; data: Record<string, unknown> };
  /** On the clock of `performance.now()`. */
  readonly at: number;
}

/** Another service on the same Redis: hears everything that is published under `auth:`, but the heartbeat. */
export class ChannelListener {
  readonly heard: Heard[] = [];
  readonly #redis: Redis;
  readonly #watchers = new Set<() => void>();

  private constructor(redis: Redis) {
    this.#redis = redis;
    redis.on('error', () => undefined);
    redis.on('pmessage', (_pattern, channel: string, message: string) => {
      if (channel === 'auth:heartbeat') return;
      this.heard.push({ channel, payload: JSON.parse(message), at: performance.now() });
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
  async until<T>(find: (listener: this) => T | undefined | false, withinMs = 5_000): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const timeout = setTimeout(() => {
        this.#watchers.delete(look);
        reject(new Error(`not heard within ${withinMs} ms among ${this.heard.length} messages: ${find}`));
      }, withinMs);
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
  async caughtUp(databaseUrl: string, withinSeconds?: number): Promise<void> {
    const waiting = () => runSql(databaseUrl, 'SELECT FROM event_outbox');
    await eventually(async () => (await waiting()).length === 0, withinSeconds);
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
}

/** How many connections have subscribed a channel, as Redis sees it. */
export async function subscribers(redis: Redis, channel: string): Promise<number> {
  const [, count] = (await redis.pubsub('NUMSUB', channel)) as [string, number];
  return Number(count);
}
