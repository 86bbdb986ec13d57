import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { severityOf } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { Logger } from '../../core/ports.ts';
import type { SessionTokenClaims } from '../access-tokens/index.ts';
import type { SessionStore } from './session.store.ts';
import type { SessionActivity } from './session-activity.ts';

/** Sessions whose newest generation we remember as confirmed: forgetting one costs a needless write, nothing else. */
const REMEMBERED_SESSIONS = 50_000;

interface Dependencies {
  readonly activity: SessionActivity;
  readonly store: Pick<SessionStore, 'confirmGeneration'>;
  readonly logger: Logger;
}

/** Notes what a request with a session's access token shows. */
export class SessionUse {
  readonly #deps: Dependencies;
  readonly #confirmed = new LRUCache<SessionId, number>(atMost(REMEMBERED_SESSIONS));

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  note(claims: SessionTokenClaims): void {
    this.#deps.activity.note(claims.sessionId);
    this.#noteSignOfLife(claims);
  }

  /**
   * The first request with a generation's access token shows that the client has received that generation, so the refresh
   * token before it is used up for good. Noted at once, but not on the request's path.
   */
  #noteSignOfLife({ sessionId, generation }: SessionTokenClaims): void {
    // The first generation has no predecessor that could be used again.
    if (generation === 0 || (this.#confirmed.get(sessionId) ?? 0) >= generation) return;
    this.#confirmed.set(sessionId, generation);
    const { store, logger } = this.#deps;
    store.confirmGeneration(sessionId, generation).catch((error: unknown) => {
      this.#confirmed.delete(sessionId);
      logger[severityOf(error)]({ err: error, sessionId }, "a session's sign of life could not be noted");
    });
  }
}
