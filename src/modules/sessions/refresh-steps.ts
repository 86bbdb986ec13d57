import type { Actor } from '../../core/actor.ts';
import { draftBy, eventBy, type NewEvent } from '../../core/events.ts';
import { OneAtATime } from '../../core/one-at-a-time.ts';
import type { EventLog, Logger, UnitOfWork } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { RefreshDecision, ReuseCause } from './refresh-decision.ts';
import { INVALID_TOKEN, type RefreshOutcome } from './refresh-outcome.ts';
import type { ParsedRefreshToken } from './refresh-token.ts';
import type { KnownSession, SessionStore, SessionWithSubject } from './session.store.ts';
import type { Session } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import { terminationsOf } from './session-endings.ts';
import type { SessionTokens, TokenSubject } from './session-tokens.ts';

/** The action for a refresh: the decision, unless the account is disabled, or the database has lost the end of the session. */
export type RefreshStep =
  | RefreshDecision
  | { readonly kind: 'account_disabled' }
  | { readonly kind: 'end_lost'; readonly reason: SessionEndReason };

interface Dependencies {
  readonly store: Pick<SessionStore, 'advance' | 'noteLateRepeat' | 'end'>;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly tokens: SessionTokens;
  readonly logger: Logger;
}

/** Carries out refresh decisions: changes the session, records the events, issues the tokens. */
export class RefreshSteps {
  readonly #deps: Dependencies;
  readonly #changes = new OneAtATime<string>();

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /** Null if the session has changed since it was read; then nothing was done. */
  carryOut(
    step: RefreshStep,
    presented: ParsedRefreshToken,
    { session, subject }: SessionWithSubject,
    origin: Origin,
  ): Promise<RefreshOutcome | null> | RefreshOutcome {
    switch (step.kind) {
      case 'account_disabled':
        return this.#end(session, 'ACCOUNT_DISABLED', origin);
      case 'end_lost':
        this.#deps.logger.error(
          { sessionId: session.id },
          'a session was active in the database that is known to have ended: it has lost writes (restored backup, failover)',
        );
        return this.#end(session, step.reason, origin);
      case 'advance':
        return this.advance(session, origin);
      case 'repeat':
        if (step.cause === 'late') return this.#repeatLate(session, subject, origin);
        return this.#refreshed({ session, subject });
      case 'reuse':
        return this.#endReused(session, presented, step.cause, origin);
      case 'idle':
        return this.#end(session, 'IDLE_TIMEOUT', origin);
      case 'expired':
        return this.#end(session, 'EXPIRED', origin);
      case 'ended':
        this.#countRefusal(session, step.kind, origin);
        return { kind: 'session_ended', reason: step.reason, endedAt: step.endedAt };
      case 'straggler':
        return { kind: 'invalid_token', superseded: true };
      case 'ahead':
        return this.#catchUp(session, presented.generation, origin);
      case 'forged':
        this.#deps.logger.error(
          { sessionId: session.id },
          'a refresh token was made with REFRESH_SECRET, but not for its session: the secret may have leaked',
        );
        this.#countRefusal(session, step.kind, origin);
        return INVALID_TOKEN;
      default:
        return step satisfies never;
    }
  }

  /** Creates the next generation; null if the session is not as given. */
  async advance(session: KnownSession, origin: Origin): Promise<RefreshOutcome | null> {
    const advanced = await this.#onceFor(session, () =>
      this.#createNext(session, session.generation, origin),
    );
    return advanced && this.#refreshed(advanced);
  }

  /** Goes on from a token whose generation the database has lost. */
  async #catchUp(session: Session, presented: number, origin: Origin): Promise<RefreshOutcome | null> {
    const { events, logger } = this.#deps;
    const lost = { presented, stored: session.generation };
    const advanced = await this.#change(session, async () => {
      const next = await this.#createNext(session, presented, origin);
      if (next !== null)
        await events.record(
          eventBy(ownerOf(session, origin), 'session.refreshes_lost', { ...factsOf(session), ...lost }),
        );
      return next;
    });
    if (advanced === null) return null;
    logger.error(
      { sessionId: session.id, ...lost },
      'a refresh token is ahead of its session: the database has lost writes (restored backup, failover)',
    );
    return this.#refreshed(advanced);
  }

  #createNext(session: KnownSession, presented: number, origin: Origin): Promise<SessionWithSubject | null> {
    const event = draftBy(ownerOf(session, origin), 'token.refreshed', factsOf(session));
    return this.#deps.store.advance(session, presented, event);
  }

  #refreshed({ session, subject }: SessionWithSubject): RefreshOutcome {
    return { kind: 'refreshed', session, tokens: this.#deps.tokens.issue(session, subject) };
  }

  /** One change per generation of a session at a time on this instance: null for waiting calls, as for a lost race. */
  #onceFor<T>({ id, generation }: KnownSession, change: () => Promise<T | null>): Promise<T | null> {
    return this.#changes.run(`${id} ${generation}`, change);
  }

  #change<T>(session: Session, work: () => Promise<T | null>): Promise<T | null> {
    return this.#onceFor(session, () => this.#deps.unitOfWork.run(work));
  }

  async #repeatLate(session: Session, subject: TokenSubject, origin: Origin): Promise<RefreshOutcome | null> {
    const noted = await this.#change(session, async () => {
      const repeated = await this.#deps.store.noteLateRepeat(session);
      if (repeated !== null)
        await this.#deps.events.record(
          eventBy(ownerOf(repeated, origin), 'token.refresh_repeated', factsOf(repeated)),
        );
      return repeated;
    });
    return noted && this.#refreshed({ session: noted, subject });
  }

  /** Ends a session whose tokens are held by two parties, one of them an attacker (RFC 9700 §4.14.2). */
  #endReused(
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
    return this.#end(session, 'TOKEN_REUSED', origin, detected);
  }

  #end(
    session: Session,
    reason: SessionEndReason,
    origin: Origin,
    cause?: NewEvent,
  ): Promise<RefreshOutcome | null> {
    return this.#change(session, async () => {
      const ended = await this.#deps.store.end(session.id, reason);
      if (ended === null) return null;
      if (cause !== undefined) await this.#deps.events.record(cause);
      await this.#deps.events.record(...terminationsOf([ended], unknown(origin)));
      return { kind: 'session_ended', reason, endedAt: ended.endedAt };
    });
  }

  #countRefusal(session: Session, reason: 'ended' | 'forged', origin: Origin): void {
    this.#deps.events.countRefusal(
      eventBy(unknown(origin), 'token.refresh_refused', { ...factsOf(session), reason }),
    );
  }
}

const factsOf = ({ id, userId }: KnownSession) => ({ userId, sessionId: id });

const ownerOf = ({ userId }: KnownSession, origin: Origin): Actor => ({ userId, origin });

/** The presenter of a refused token is not known to be its owner. */
const unknown = (origin: Origin): Actor => ({ userId: null, origin });
