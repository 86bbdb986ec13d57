import type { Clock } from '../../core/clock.ts';
import type { PersonalAccessTokenId } from '../../core/ids.ts';
import type { PersonalAccessTokenStore, TokenUse } from './personal-access-token.store.ts';

interface Dependencies {
  readonly store: PersonalAccessTokenStore;
  readonly clock: Clock;
}

/** Batches the last uses of tokens off the request path; `flush` writes them. */
export class TokenUsage {
  readonly #deps: Dependencies;
  #uses = new Map<PersonalAccessTokenId, TokenUse>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  note(id: PersonalAccessTokenId, ipAddress: string | null): void {
    this.#uses.set(id, { id, usedAt: this.#deps.clock.now(), ipAddress });
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
