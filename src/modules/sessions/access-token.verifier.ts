import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { severityOf } from '../../core/errors.ts';
import type { SessionId } from '../../core/ids.ts';
import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { EventLog, Logger } from '../../core/ports.ts';
import { type AccessTokenClaims, type AccessTokens, ISSUED_AHEAD } from '../access-tokens/index.ts';
import { refused, refusedFor, type TokenVerifier, type Verification } from '../authentication/index.ts';
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
  readonly events: EventLog;
  readonly logger: Logger;
}

/** Verifies access tokens without the database. */
export class AccessTokenVerifier implements TokenVerifier {
  readonly #deps: Dependencies;
  readonly #issuedAhead = new OncePerMinute();
  readonly #confirmed = new LRUCache<SessionId, number>(atMost(REMEMBERED_SESSIONS));

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Three segments make a JWT (RFC 7515 §7.1). */
  recognises(token: string): boolean {
    return token.split('.', 4).length === 3;
  }

  async verify(accessToken: string): Promise<Verification> {
    const { accessTokens, revocations, events, logger } = this.#deps;
    const credential = 'access_token';
    const verified = accessTokens.verify(accessToken);
    // Routine: a client uses a token until it has expired, and then refreshes.
    if (verified.kind === 'expired') return refused(verified.claims.sessionId);
    if (verified.kind === 'invalid') {
      logger.debug({ reason: verified.reason }, 'an access token was refused');
      if (verified.reason === ISSUED_AHEAD)
        this.#issuedAhead.run((count) =>
          logger.warn(
            { count },
            'access tokens of another instance are dated ahead of time: its clock is wrong',
          ),
        );
      return refusedFor(events, { credential, reason: 'invalid' });
    }
    const { claims } = verified;
    const { userId, sessionId, expiresAt } = claims;
    const notBefore = revocations.notBefore(userId);
    if (revocations.has(sessionId) || (notBefore !== null && claims.issuedAt < notBefore))
      return refusedFor(events, { credential, reason: 'revoked', userId, sessionId }, sessionId);
    return {
      principal: { kind: 'session', userId, sessionId, expiresAt, scopes: new Set(claims.scopes) },
      credentialId: sessionId,
      observe: () => this.#noteUse(claims),
    };
  }

  #noteUse(claims: AccessTokenClaims): void {
    this.#deps.activity.note(claims.sessionId);
    this.#noteSignOfLife(claims);
  }

  /**
   * The first request with a generation's access token shows that the client has received that generation, so the refresh
   * token before it is used up for good. Noted at once, but not on the request's path.
   */
  #noteSignOfLife({ sessionId, generation }: AccessTokenClaims): void {
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
