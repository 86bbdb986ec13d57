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

/** A client as read at a (monotonic) time. */
interface Known {
  readonly client: ServiceClient | null;
  readonly readAt: number;
}

/** Finds service clients; a cached one without asking the database. */
export class ServiceClientDirectory {
  readonly #deps: Dependencies;
  readonly #monotonicNow: () => number;
  readonly #cache = new LRUCache<ServiceClientId, Promise<Known>>({
    ...atMost(CACHE_SIZE),
    ttl: CACHE_SECONDS * 1_000,
  });

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
    const { feed } = this.#deps;
    if (!feed.isCurrent) await feed.catchUp();
    const cached = await this.#cache.get(id);
    if (cached !== undefined && this.#isCurrent(id, cached, maxAgeSeconds)) return cached.client;
    for (;;) {
      const known = await this.#load(id, origin);
      // What was heard meanwhile may be missing in it.
      if (this.#isCurrent(id, known, maxAgeSeconds)) return known.client;
    }
  }

  async #load(id: ServiceClientId, origin: Origin): Promise<Known> {
    await this.#deps.rateLimits.spend(origin, ['clients.address']);
    const readAt = this.#monotonicNow();
    const loading = this.#deps.store.find(id).then((client) => ({ client, readAt }));
    this.#cache.set(id, loading);
    loading.catch(() => this.#cache.delete(id));
    return loading;
  }

  #isCurrent(id: ServiceClientId, { readAt }: Known, maxAgeSeconds: number): boolean {
    const age = this.#monotonicNow() - readAt;
    return age <= maxAgeSeconds * 1_000 && this.#deps.revocations.isUnchangedSince(id, readAt);
  }
}
