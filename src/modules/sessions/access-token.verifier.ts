import { LRUCache } from 'lru-cache';
import { severityOf } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import type { Logger } from '../../core/ports.ts';
import type { SessionPrincipal } from '../../core/principal.ts';
import type { AccessTokenClaims, AccessTokens } from '../access-tokens/index.ts';
import type { Revocations } from '../revocations/index.ts';
import type { SessionStore } from './session.store.ts';
import type { SessionActivity } from './session-activity.ts';

/** Sessions whose newest generation we remember as confirmed: forgetting one costs a needless write, nothing else. */
const REMEMBERED_SESSIONS = 50_000;

interface Dependencies {
  readonly accessTokens: AccessTokens;
  readonly revocations: Revocations;
  readonly activity: SessionActivity;
  readonly store: Pick<SessionStore, 'confirmGeneration'>;
  readonly logger: Logger;
}

/** Tells whom an access token speaks for, without asking the database; null for one that is good for nothing. */
export class SessionAuthenticator {
  readonly #accessTokens: AccessTokens;
  readonly #revocations: Revocations;
  readonly #activity: SessionActivity;
  readonly #store: Pick<SessionStore, 'confirmGeneration'>;
  readonly #logger: Logger;
  readonly #confirmed = new LRUCache<SessionId, number>({ max: REMEMBERED_SESSIONS });

  constructor(dependencies: Dependencies) {
    this.#accessTokens = dependencies.accessTokens;
    this.#revocations = dependencies.revocations;
    this.#activity = dependencies.activity;
    this.#store = dependencies.store;
    this.#logger = dependencies.logger;
  }

  authenticate(accessToken: string): SessionPrincipal | null {
    const verified = this.#accessTokens.verify(accessToken);
    if (verified.kind === 'invalid')
      this.#logger.debug({ reason: verified.reason }, 'an access token was refused');
    if (verified.kind !== 'valid') return null;
    const { claims } = verified;
    if (this.#revocations.has(claims.sessionId)) return null;
    const notBefore = this.#revocations.notBefore(claims.userId);
    if (notBefore !== null && claims.issuedAt < notBefore) return null;
    this.#activity.note(claims.sessionId);
    this.#noteSignOfLife(claims);
    const { userId, sessionId, expiresAt } = claims;
    return { kind: 'session', userId, sessionId, expiresAt, scopes: new Set(claims.scopes) };
  }

  /**
   * The first request with a generation's access token shows that the client has received that generation, so the refresh
   * token before it is used up for good. Noted at once, but not on the request's path.
   */
  #noteSignOfLife({ sessionId, generation }: AccessTokenClaims): void {
    // The first generation has no predecessor that could be used again.
    if (generation === 0 || (this.#confirmed.get(sessionId) ?? 0) >= generation) return;
    this.#confirmed.set(sessionId, generation);
    this.#store.confirmGeneration(sessionId, generation).catch((error: unknown) => {
      this.#confirmed.delete(sessionId);
      this.#logger[severityOf(error)](
        { err: error, sessionId },
        "a session's sign of life could not be noted",
      );
    });
  }
}
