import type { Clock } from '../../core/clock.ts';
import type { PersonalAccessTokenId } from '../../core/ids.ts';
import type { Origin } from '../../core/principal.ts';
import type { RateLimits } from '../rate-limits/index.ts';
import type { PersonalAccessTokenStore, TokenUse } from './personal-access-token.store.ts';

interface Dependencies {
  readonly store: PersonalAccessTokenStore;
  readonly rateLimits: RateLimits;
  readonly clock: Clock;
}

/** Batches the last uses of tokens off the request path; `flush` writes them. */
export class TokenUsage {
  readonly #deps: Dependencies;
  #uses = new Map<PersonalAccessTokenId, TokenUse>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Notes a request with a token, or with one that was exchanged for it.
   *
   * @throws {RateLimitedError} if the token makes too many requests.
   */
  async note(id: PersonalAccessTokenId, origin: Origin): Promise<void> {
    const { rateLimits, clock } = this.#deps;
    await rateLimits.spendLeased(origin, { limit: 'requests.token', subject: id });
    this.#uses.set(id, { id, usedAt: clock.now(), ipAddress: origin.ipAddress });
  }

  /** Writes all noted uses in one statement. Call it twice a minute, and at stop. */
  async flush(): Promise<void> {
    const uses = this.#uses;
    if (uses.size === 0) return;
    this.#uses = new Map();
    try {
      // Sorted, so that two instances that write at once cannot deadlock.
      await this.#deps.store.recordUses([...uses.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    } catch (error) {
      // Uses noted meanwhile are newer.
      this.#uses = new Map([...uses, ...this.#uses]);
      throw error;
    }
  }
}
