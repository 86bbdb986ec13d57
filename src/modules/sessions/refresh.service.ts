import { eventBy } from '../../core/events.ts';
import type { Counters, EventLog } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import { Rounds } from '../../core/rounds.ts';
import { decideRefresh } from './refresh-decision.ts';
import { INVALID_TOKEN, type RefreshOutcome } from './refresh-outcome.ts';
import type { RefreshStep, RefreshSteps } from './refresh-steps.ts';
import type { ParsedRefreshToken, RefreshTokens } from './refresh-token.ts';
import type { SessionStore, SessionWithSubject } from './session.store.ts';
import type { SessionLimits } from './session.ts';

interface Dependencies {
  readonly store: Pick<SessionStore, 'findForRefresh'>;
  readonly steps: RefreshSteps;
  readonly events: EventLog;
  readonly refreshTokens: RefreshTokens;
  readonly limits: SessionLimits;
  readonly counters: Counters;
}

/**
 * Refreshes sessions: carries out the decisions of `decideRefresh`. Concurrent calls with one token all get the same
 * successor; a superseded token ends its session.
 *
 * On one instance, concurrent calls with tokens of one generation share one read, and one of them changes the session
 * while the others wait. Each call decides on its own, for its own origin.
 */
export class RefreshService {
  readonly #deps: Dependencies;
  readonly #rounds = new Rounds<string, SessionWithSubject | null>();

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /** Exchanges a refresh token for new tokens. The caller needs no other credential. */
  async refresh({ origin }: Caller, token: string): Promise<RefreshOutcome> {
    const { refreshTokens, store } = this.#deps;
    const presented = refreshTokens.parse(token);
    if (presented === null) return this.#refuseUnknown(origin);
    const { sessionId, generation } = presented;
    for (;;) {
      const outcome = await this.#rounds.join(
        // By generation: an overtaken token must not wait for its successor, or its grace period may end.
        `${sessionId} ${generation}`,
        () => store.findForRefresh(sessionId),
        (found) => this.#decide(presented, found, origin),
      );
      // Null: the session changed between the read and the write, so read and decide again. This terminates: generations
      // only grow, a session ends once, and a late repeat is recorded once per generation.
      if (outcome !== null) return outcome;
    }
  }

  async #decide(
    presented: ParsedRefreshToken,
    found: SessionWithSubject | null,
    origin: Origin,
  ): Promise<RefreshOutcome | null> {
    const { counters, limits, refreshTokens, steps } = this.#deps;
    if (found === null) {
      counters.increment('refresh.no_session');
      return INVALID_TOKEN;
    }
    const { session } = found;
    const genuine = refreshTokens.isGenuine(presented, session.refreshSalt);
    const decision = decideRefresh(
      { generation: presented.generation, genuine, userAgent: origin.userAgent },
      { ...session, now: session.readAt },
      { graceSeconds: limits.refreshGraceSeconds, idleTimeoutSeconds: limits.idleTimeoutSeconds },
    );
    const gives = decision.kind === 'advance' || decision.kind === 'repeat';
    const isDisabled = found.subject.accountStatus === 'DISABLED';
    const step: RefreshStep = gives && isDisabled ? { kind: 'account_disabled' } : decision;
    const outcome = await steps.carryOut(step, presented, found, origin);
    if (outcome !== null)
      counters.increment(`refresh.${step.kind}${'cause' in step ? `.${step.cause}` : ''}`);
    return outcome;
  }

  /** The token names a session, but unverified: the refusal is recorded without it. */
  #refuseUnknown(origin: Origin): RefreshOutcome {
    const { counters, events } = this.#deps;
    counters.increment('refresh.unknown');
    const unknown = { userId: null, origin };
    events.countRefusal(eventBy(unknown, 'token.refresh_refused', { reason: 'unknown' }));
    return INVALID_TOKEN;
  }
}
