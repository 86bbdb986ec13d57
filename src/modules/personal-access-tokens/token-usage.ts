import type { Clock } from '../../core/clock.ts';
import type { PersonalAccessTokenId } from '../../core/ids.ts';
import type { PersonalAccessTokenStore, TokenUse } from './personal-access-token.store.ts';

/** Remembers when tokens were last used until `flush` writes it: a request with a token writes nothing. */
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

  /** Writes all of it in one statement. To be called twice a minute, and at the end. */
  async flush(): Promise<void> {
    const uses = this.#uses;
    if (uses.size === 0) return;
    this.#uses = new Map();
    try {
      // In one order on every instance, so that two that write at once do not wait for one another.
      await this.#store.recordUses([...uses.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
    } catch (error) {
      // What was noted meanwhile is newer.
      this.#uses = new Map([...uses, ...this.#uses]);
      throw error;
    }
  }
}
