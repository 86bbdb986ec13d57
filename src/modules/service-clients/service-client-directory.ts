import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { ServiceClientId } from '../../core/ids.ts';
import type { Origin } from '../../core/principal.ts';
import type { RateLimits } from '../rate-limits/index.ts';
import type { RevocationFeed, Revocations } from '../revocations/index.ts';
import type { ServiceClientStore } from './service-client.store.ts';
import type { ServiceClient } from './service-client.ts';

/** Maximum number of cached clients, existing or not. */
const CACHE_SIZE = 10_000;

/** How long a client is cached. */
const CACHE_SECONDS = 60;

interface Dependencies {
  readonly store: Pick<ServiceClientStore, 'find'>;
  readonly revocations: Pick<Revocations, 'isUnchangedSince'>;
  readonly feed: Pick<RevocationFeed, 'isCurrent' | 'catchUp'>;
  readonly rateLimits: Pick<RateLimits, 'spend'>;
  readonly monotonicNow?: () => number;
}

/** A read of a client that began at a (monotonic) time. */
interface Reading {
  readonly startedAt: number;
  readonly client: Promise<ServiceClient | null>;
}

/** Finds service clients; a cached one without asking the database. */
export class ServiceClientDirectory {
  readonly #deps: Dependencies;
  readonly #monotonicNow: () => number;
  readonly #cache = new LRUCache<ServiceClientId, Reading>({
    ...atMost(CACHE_SIZE),
    ttl: CACHE_SECONDS * 1_000,
  });
  /** One at a time for each client. */
  readonly #starting = new Map<ServiceClientId, Promise<Reading>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#monotonicNow = deps.monotonicNow ?? (() => performance.now());
  }

  /**
   * The client as of its last change that was heard of, or as it was at most so many seconds ago.
   *
   * @throws {UnavailableError}
   * @throws {RateLimitedError} if too many clients were looked up from the caller's address.
   */
  async find(
    id: ServiceClientId,
    origin: Origin,
    maxAgeSeconds = CACHE_SECONDS,
  ): Promise<ServiceClient | null> {
    const { feed, revocations } = this.#deps;
    if (!feed.isCurrent) await feed.catchUp();
    let reading = this.#remembered(id, maxAgeSeconds) ?? (await this.#read(id, origin));
    let client = await reading.client;
    // What was heard meanwhile may be missing in it.
    while (!revocations.isUnchangedSince(id, reading.startedAt)) {
      reading = await this.#read(id, origin);
      client = await reading.client;
    }
    return client;
  }

  #remembered(id: ServiceClientId, maxAgeSeconds: number): Reading | null {
    const reading = this.#cache.get(id);
    const isYoung =
      reading !== undefined && this.#monotonicNow() - reading.startedAt <= maxAgeSeconds * 1_000;
    return isYoung ? reading : null;
  }

  #read(id: ServiceClientId, origin: Origin): Promise<Reading> {
    const starting =
      this.#starting.get(id) ?? this.#start(id, origin).finally(() => this.#starting.delete(id));
    this.#starting.set(id, starting);
    return starting;
  }

  async #start(id: ServiceClientId, origin: Origin): Promise<Reading> {
    await this.#deps.rateLimits.spend(origin, ['clients.address']);
    const reading = { startedAt: this.#monotonicNow(), client: this.#deps.store.find(id) };
    this.#cache.set(id, reading);
    reading.client.catch(() => {
      if (this.#cache.get(id) === reading) this.#cache.delete(id);
    });
    // Until it is done, others wait for it instead of reading too.
    await reading.client.catch(() => undefined);
    return reading;
  }
}
