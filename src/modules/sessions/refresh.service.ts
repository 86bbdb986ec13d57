import type { Actor } from '../../core/actor.ts';
import { eventBy, type NewEvent } from '../../core/events.ts';
import type { SessionId } from '../../core/ids.ts';
import { OneAtATime } from '../../core/one-at-a-time.ts';
import type { Counters, EventLog, Logger, UnitOfWork } from '../../core/ports.ts';
import type { Caller, Origin } from '../../core/principal.ts';
import { Rounds } from '../../core/rounds.ts';
import { decideRefresh, type RefreshDecision, type ReuseCause } from './refresh-decision.ts';
import type { ParsedRefreshToken, RefreshTokens } from './refresh-token.ts';
import type { SessionStore, SessionWithSubject } from './session.store.ts';
import type { Session, SessionLimits } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import { terminationsOf } from './session-endings.ts';
import type { IssuedTokens, SessionTokens, TokenSubject } from './session-tokens.ts';

export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly session: Session; readonly tokens: IssuedTokens }
  | { readonly kind: 'session_ended'; readonly reason: SessionEndReason; readonly endedAt: Date }
  /** `superseded`: the client has, or is about to receive, a newer token of the same session. */
  | { readonly kind: 'invalid_token'; readonly superseded: boolean };

interface Dependencies {
  readonly store: SessionStore;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly refreshTokens: RefreshTokens;
  readonly tokens: SessionTokens;
  readonly limits: SessionLimits;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** The action for a refresh: the decision, unless the account is disabled. */
type Step = RefreshDecision | { readonly kind: 'account_disabled' };

/** Exchanges a refresh token for new tokens. The caller needs no other credential. */
export type RefreshSession = (caller: Caller, refreshToken: string) => Promise<RefreshOutcome>;

/**
 * Refreshes sessions: carries out the decisions of `decideRefresh`. Concurrent calls with one token all get the same
 * successor; a superseded token ends its session.
 *
 * On one instance, concurrent calls with tokens of one generation share one read, and one of them changes the session
 * while the others wait. Each call decides on its own, for its own origin.
 */
export function createRefreshSession(dependencies: Dependencies): RefreshSession {
  const { store, unitOfWork, events, refreshTokens, tokens, limits, counters, logger } = dependencies;
  const rounds = new Rounds<string, SessionWithSubject | null>();
  const changes = new OneAtATime<SessionId>();

  return async ({ origin }, refreshToken) => {
    const presented = refreshTokens.parse(refreshToken);
    if (presented === null) return refuseUnknown(origin);
    const { sessionId, generation } = presented;
    for (;;) {
      const outcome = await rounds.join(
        // By generation: an overtaken token must not wait for its successor, or its grace period may end.
        `${sessionId} ${generation}`,
        () => store.find(sessionId),
        (found) => decide(presented, found, origin),
      );
      // Null: the session changed between the read and the write, so read and decide again. This terminates: generations
      // only grow, a session ends once, and a late repeat is recorded once per generation.
      if (outcome !== null) return outcome;
    }
  };

  async function decide(
    presented: ParsedRefreshToken,
    found: SessionWithSubject | null,
    origin: Origin,
  ): Promise<RefreshOutcome | null> {
    if (found === null) {
      counters.increment('refresh.no_session');
      return invalid;
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
    const step: Step = gives && isDisabled ? { kind: 'account_disabled' } : decision;
    const outcome = await carryOut(step, presented, found, origin);
    if (outcome !== null)
      counters.increment(`refresh.${step.kind}${'cause' in step ? `.${step.cause}` : ''}`);
    return outcome;
  }

  function carryOut(
    step: Step,
    presented: ParsedRefreshToken,
    { session, subject }: SessionWithSubject,
    origin: Origin,
  ): Promise<RefreshOutcome | null> | RefreshOutcome {
    switch (step.kind) {
      case 'account_disabled':
        return end(session, 'ACCOUNT_DISABLED', origin);
      case 'advance':
        return advance(session, subject, origin);
      case 'repeat':
        if (step.cause === 'late') return repeatLate(session, subject, origin);
        return { kind: 'refreshed', session, tokens: tokens.issue(session, subject) };
      case 'reuse':
        return endReused(session, presented, step.cause, origin);
      case 'idle':
        return end(session, 'IDLE_TIMEOUT', origin);
      case 'expired':
        return end(session, 'EXPIRED', origin);
      case 'ended':
        return { kind: 'session_ended', reason: step.reason, endedAt: step.endedAt };
      case 'straggler':
        return { kind: 'invalid_token', superseded: true };
      case 'ahead':
        logger.error(
          { sessionId: session.id, presented: presented.generation, stored: session.generation },
          'a refresh token is ahead of its session: the database has lost writes (restored backup, failover)',
        );
        return refuse(session, step.kind, origin);
      case 'forged':
        logger.error(
          { sessionId: session.id },
          'a refresh token was made with REFRESH_SECRET, but not for its session: the secret may have leaked',
        );
        return refuse(session, step.kind, origin);
      default:
        return step satisfies never;
    }
  }

  /** Runs `work` in a transaction, one per session at a time on this instance: null for waiting calls, as for a lost race. */
  function change<T>({ id }: Session, work: () => Promise<T | null>): Promise<T | null> {
    return changes.run(id, () => unitOfWork.run(work));
  }

  async function advance(
    session: Session,
    subject: TokenSubject,
    origin: Origin,
  ): Promise<RefreshOutcome | null> {
    const advanced = await change(session, async () => {
      const next = await store.advanceGeneration(session.id, session.generation, origin);
      if (next !== null)
        await events.record(eventBy(ownerOf(next, origin), 'token.refreshed', factsOf(next)));
      return next;
    });
    return advanced && { kind: 'refreshed', session: advanced, tokens: tokens.issue(advanced, subject) };
  }

  async function repeatLate(
    session: Session,
    subject: TokenSubject,
    origin: Origin,
  ): Promise<RefreshOutcome | null> {
    const noted = await change(session, async () => {
      const repeated = await store.noteLateRepeat(session);
      if (repeated !== null)
        await events.record(eventBy(ownerOf(repeated, origin), 'token.refresh_repeated', factsOf(repeated)));
      return repeated;
    });
    return noted && { kind: 'refreshed', session: noted, tokens: tokens.issue(noted, subject) };
  }

  /** Ends a session whose tokens are held by two parties, one of them an attacker (RFC 9700 §4.14.2). */
  function endReused(
    session: Session,
    presented: ParsedRefreshToken,
    cause: ReuseCause,
    origin: Origin,
  ): Promise<RefreshOutcome | null> {
    // The event has this request's origin; the other party is the one that refreshed last.
    const { rotatedAt, rotatedIpAddress: ipAddress, rotatedUserAgent: userAgent } = session;
    const detected = eventBy(unknown(origin), 'session.refresh_token_reused', {
      ...factsOf(session),
      cause,
      presented: presented.generation,
      newest: session.generation,
      lastRefresh: { at: rotatedAt?.toISOString() ?? null, ipAddress, userAgent },
    });
    return end(session, 'TOKEN_REUSED', origin, detected);
  }

  function end(
    session: Session,
    reason: SessionEndReason,
    origin: Origin,
    cause?: NewEvent,
  ): Promise<RefreshOutcome | null> {
    return change(session, async () => {
      const ended = await store.end(session.id, reason);
      if (ended === null) return null;
      if (cause !== undefined) await events.record(cause);
      await events.record(...terminationsOf([ended], unknown(origin)));
      return { kind: 'session_ended', reason, endedAt: ended.endedAt };
    });
  }

  /** The token names a session, but unverified: the refusal is recorded without it. */
  function refuseUnknown(origin: Origin): RefreshOutcome {
    counters.increment('refresh.unknown');
    events.countRefusal(eventBy(unknown(origin), 'token.refresh_refused', { reason: 'unknown' }));
    return invalid;
  }

  function refuse(session: Session, reason: 'ahead' | 'forged', origin: Origin): RefreshOutcome {
    events.countRefusal(eventBy(unknown(origin), 'token.refresh_refused', { ...factsOf(session), reason }));
    return invalid;
  }
}

const invalid: RefreshOutcome = { kind: 'invalid_token', superseded: false };

const factsOf = ({ id, userId }: Session) => ({ userId, sessionId: id });

const ownerOf = ({ userId }: Session, origin: Origin): Actor => ({ userId, origin });

/** The presenter of a refused token is not known to be its owner. */
const unknown = (origin: Origin): Actor => ({ userId: null, origin });
