import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import { type ClientRequest, immediateRequest } from '../../core/client-request.ts';
import { eventBy } from '../../core/events.ts';
import type { SessionId } from '../../core/ids.ts';
import type { Counters, EventLog } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import { Rounds } from '../../core/rounds.ts';
import { type RateLimits, shedding } from '../rate-limits/index.ts';
import type { Revocations } from '../revocations/index.ts';
import { decideRefresh } from './refresh-decision.ts';
import { ABANDONED, INVALID_TOKEN, type RefreshOutcome } from './refresh-outcome.ts';
import type { RefreshStep, RefreshSteps } from './refresh-steps.ts';
import type { ParsedRefreshToken, RefreshTokens } from './refresh-token.ts';
import type { KnownSession, SessionStore, SessionWithSubject } from './session.store.ts';
import type { SessionLimits } from './session.ts';
import { knownEndReason } from './session-end-reason.ts';

interface Dependencies {
  readonly store: Pick<SessionStore, 'findForRefresh'>;
  readonly steps: RefreshSteps;
  readonly events: EventLog;
  readonly refreshTokens: RefreshTokens;
  readonly revocations: Pick<Revocations, 'has' | 'reasonOf'>;
  readonly limits: SessionLimits;
  readonly rateLimits: RateLimits;
  readonly counters: Counters;
}

/** Sessions whose salts are remembered. To forget one costs a read at its next refresh. */
const REMEMBERED_SESSIONS = 50_000;

/**
 * A decision is repeated when the session has changed since it was read. Generations only grow, a session ends once, and a
 * late repeat is recorded once per generation, so that few attempts are enough; more mean that a write and its rule differ.
 */
const MAX_ATTEMPTS = 10;

interface Remembered extends Omit<KnownSession, 'refreshSalt'> {
  /** In base64: a small `Buffer` keeps the 8 KiB alive that it shares with others. */
  readonly salt: string;
}

/** Who presents a token. */
interface Client {
  readonly origin: Origin;
  readonly request: ClientRequest;
}

/**
 * Refreshes sessions: carries out the decisions of `decideRefresh`. Concurrent calls with one token all get the same
 * successor; a superseded token ends its session.
 *
 * The usual refresh, of the current token of a session that was refreshed here before, takes one statement, which
 * succeeds only if `decideRefresh` would decide `advance`. In every other case the session is read and the rules decide.
 *
 * On one instance, concurrent calls with tokens of one generation share one read, and one of them changes the session
 * while the others wait. Each call decides on its own, for its own origin.
 *
 * A client that has gone is not served: it may have refreshed elsewhere since, and would be signed out for it.
 */
export class RefreshService {
  readonly #deps: Dependencies;
  readonly #rounds = new Rounds<string, SessionWithSubject | null>();
  readonly #remembered = new LRUCache<SessionId, Remembered>(atMost(REMEMBERED_SESSIONS));

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /**
   * Exchanges a refresh token for new tokens. The caller needs no other credential.
   *
   * @throws {Error} when the session changed during each of `MAX_ATTEMPTS` attempts.
   */
  refresh({ origin, request = immediateRequest }: Caller, token: string): Promise<RefreshOutcome> {
    return shedding<RefreshOutcome>(async () => {
      await this.#deps.rateLimits.spendLeased(origin, 'refresh.address');
      return this.#refresh({ origin, request }, token);
    });
  }

  async #refresh(client: Client, token: string): Promise<RefreshOutcome> {
    const { refreshTokens, store } = this.#deps;
    const presented = refreshTokens.parse(token);
    if (presented === null) return this.#refuseUnknown(client.origin);
    const advanced = await this.#advanceRemembered(presented, client);
    if (advanced !== null) return advanced;
    const { sessionId, generation } = presented;
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const outcome = await this.#rounds.join(
        // By generation: an overtaken token must not wait for its successor, or its grace period may end.
        `${sessionId} ${generation}`,
        () => store.findForRefresh(sessionId),
        (found) => this.#decide(presented, found, client),
      );
      // Null: the session changed between the read and the write, so read and decide again.
      if (outcome !== null) return outcome;
    }
    throw new Error(
      `session ${sessionId} was changed by others during each of ${MAX_ATTEMPTS} attempts to refresh it`,
    );
  }

  async #advanceRemembered(
    presented: ParsedRefreshToken,
    { origin, request }: Client,
  ): Promise<RefreshOutcome | null> {
    const { refreshTokens, revocations, steps } = this.#deps;
    if (revocations.has(presented.sessionId)) return null;
    const remembered = this.#remembered.get(presented.sessionId);
    // Generations only grow: an older one is known to be superseded.
    if (remembered === undefined || presented.generation < remembered.generation) return null;
    const refreshSalt = Buffer.from(remembered.salt, 'base64');
    if (!refreshTokens.isGenuine(presented, refreshSalt)) return null;
    const session = { ...remembered, generation: presented.generation, refreshSalt };
    if (request.isAbandoned()) return this.#note(presented, 'abandoned', ABANDONED);
    return this.#note(presented, 'advance', await steps.advance(session, origin));
  }

  async #decide(
    presented: ParsedRefreshToken,
    found: SessionWithSubject | null,
    { origin, request }: Client,
  ): Promise<RefreshOutcome | null> {
    const { counters, limits, refreshTokens, revocations, steps } = this.#deps;
    // As late as possible: what follows waits for the database only.
    if (request.isAbandoned()) return this.#note(presented, 'abandoned', ABANDONED);
    if (found === null) {
      this.#remembered.delete(presented.sessionId);
      counters.increment('refresh.no_session');
      return INVALID_TOKEN;
    }
    const { session } = found;
    const genuine = refreshTokens.isGenuine(presented, session.refreshSalt);
    const decision = decideRefresh(
      {
        generation: presented.generation,
        genuine,
        userAgent: origin.userAgent,
        receivedAt: new Date(session.readAt.getTime() - request.maxWaitMs()),
      },
      { ...session, now: session.readAt },
      { graceSeconds: limits.refreshGraceSeconds, idleTimeoutSeconds: limits.idleTimeoutSeconds },
    );
    const gives = ['advance', 'ahead', 'repeat'].includes(decision.kind);
    const isActive = found.subject.accountStatus === 'ACTIVE';
    let step: RefreshStep = gives && !isActive ? { kind: 'account_disabled' } : decision;
    if (genuine && session.endedAt === null && revocations.has(session.id))
      step = { kind: 'end_lost', reason: knownEndReason(revocations.reasonOf(session.id)) };
    const outcome = await steps.carryOut(step, presented, found, origin);
    return this.#note(presented, `${step.kind}${'cause' in step ? `.${step.cause}` : ''}`, outcome);
  }

  /** Counts an outcome, and remembers the session if it was refreshed, until it ends. */
  #note(
    { sessionId }: ParsedRefreshToken,
    step: string,
    outcome: RefreshOutcome | null,
  ): RefreshOutcome | null {
    if (outcome !== null) this.#deps.counters.increment(`refresh.${step}`);
    if (outcome?.kind === 'refreshed') {
      const { id, userId, generation, refreshSalt } = outcome.session;
      this.#remembered.set(id, { id, userId, generation, salt: refreshSalt.toString('base64') });
    }
    if (outcome?.kind === 'session_ended') this.#remembered.delete(sessionId);
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
