import type { Clock } from '../../core/clock.ts';
import type { PersonalAccessTokenId } from '../../core/ids.ts';
import type { PersonalAccessTokenStore, TokenUse } from './personal-access-token.store.ts';

/** Batches the last uses of tokens off the request path; `flush` writes them. */
export class TokenUsage {
  readonly #store: PersonalAccessTokenStore;
  readonly #clock: Clock;
  #uses = new Map<PersonalAccessTokenId, TokenUse>();

  constructor({ store, clock }: { store: PersonalAccessTokenStore; clock: Clock }) {
    this.#store = store;
    this.#clock = clock;
  }

  note(id: PersonalAccessTokenId, ipAddress: string | null): void {
    this.#uses.set(id, { id, usedAt: this.#clock.now(), ipAddress });
  }

  /** Writes all noted uses in one statement. Call it twice a minute, and at stop. */
  async flush(): Promise<void> {
    const uses = this.#uses;
    if (uses.size === 0) return;
    this.#uses = new Map();
    try {
      // Sorted, so that two instances that write at once cannot deadlock.
      await this.#store.recordUses([...uses.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    } catch (error) {
      // Uses noted meanwhile are newer.
      this.#uses = new Map([...uses, ...this.#uses]);
      throw error;
    }
  }
}
