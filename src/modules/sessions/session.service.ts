import { randomBytes } from 'node:crypto';
import { type Actor, actorOf, system, type UserActor } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import type { Outcomes } from '../../core/idempotency.ts';
import { type NotFound, newId, type SessionId, type UserId } from '../../core/ids.ts';
import type { CredentialCheck, EventLog, UnitOfWork } from '../../core/ports.ts';
import { type Caller, holds, requireScope, requireSession, requireUser } from '../../core/principal.ts';
import type { UserDirectory } from '../users/index.ts';
import type { AuthenticationMethodReference } from './authentication-method.ts';
import { REFRESH_SALT_BYTES, type RefreshTokens } from './refresh-token.ts';
import type { SessionStore } from './session.store.ts';
import { endOf, type RefreshTokenTransport, type Session, type SessionLimits } from './session.ts';
import type { SessionEndReason } from './session-end-reason.ts';
import { bulkTerminationOf, endingOfLost, terminationsOf } from './session-endings.ts';
import type { SessionQueries } from './session-queries.ts';
import type { TokenSubject } from './session-tokens.ts';

export type TerminateOutcome =
  | { readonly kind: 'terminated'; readonly sessions: readonly Session[] }
  | NotFound;

export type TerminateOthersOutcome =
  | { readonly kind: 'terminated'; readonly sessions: readonly Session[] }
  | { readonly kind: 'reauthentication_required' };

interface Dependencies {
  readonly store: SessionStore;
  readonly queries: SessionQueries;
  readonly users: Pick<UserDirectory, 'lockAll'>;
  readonly credentials: CredentialCheck;
  readonly outcomes: Outcomes;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
  readonly refreshTokens: RefreshTokens;
  readonly limits: SessionLimits;
}

/** Sessions per transaction where everybody's end. */
const BATCH_SIZE = 500;

/** Opens and ends sessions. */
export class SessionService {
  readonly #deps: Dependencies;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /**
   * Opens a session for a user who was just authenticated. Call within a transaction that holds the user's lock, so that
   * concurrent sign-ins never exceed `maxPerUser`. Sets the user's last activity. Tells whether the user signed in before, and only from
   * other addresses.
   */
  async open(
    { userId, origin }: UserActor,
    provedBy: readonly AuthenticationMethodReference[],
    refreshTokenTransport: RefreshTokenTransport,
  ): Promise<{ readonly session: Session; readonly isFromElsewhere: boolean }> {
    const { limits, store, events } = this.#deps;
    const { opened, ended, isFromElsewhere } = await store.open(
      {
        id: newId(),
        userId,
        refreshSalt: randomBytes(REFRESH_SALT_BYTES),
        refreshTokenTransport,
        provedBy,
        ipAddress: origin.ipAddress,
        userAgent: origin.userAgent,
        lifetimeSeconds: limits.lifetimeSeconds,
      },
      limits.maxPerUser - 1,
    );
    await events.record(...terminationsOf(ended, { userId: null, origin }));
    const { id: sessionId, revision: sessionRevision, expiresAt } = opened;
    const facts = { userId, sessionId, sessionRevision, expiresAt: expiresAt.toISOString() };
    await events.record(eventBy({ userId, origin }, 'session.created', facts));
    return { session: opened, isFromElsewhere };
  }

  /**
   * Ends the caller's session and those of the refresh tokens, and the session of an access token that the caller has shown. Returns
   * the sessions ended; none if all had ended, or the database has lost them.
   */
  async logout(
    caller: Caller,
    refreshTokens: readonly string[],
    shown: SessionId | null = null,
  ): Promise<readonly Session[]> {
    const { principal } = caller;
    const ids = new Set(shown === null ? [] : [shown]);
    if (principal.kind === 'session') ids.add(principal.sessionId);
    for (const token of refreshTokens) {
      const id = await this.#sessionOf(token);
      if (id !== null) ids.add(id);
    }
    if (ids.size === 0) return [];
    const { unitOfWork, outcomes } = this.#deps;
    return unitOfWork.run(async () => {
      const ended: Session[] = [];
      for (const id of [...ids].sort()) {
        const session = await this.#logoutOne(id, caller);
        if (session !== null) ended.push(session);
      }
      return outcomes.keep(ended);
    });
  }

  /** Ends one session. `not_found` also if the caller may not end it, so that its existence is not disclosed. */
  async terminate(caller: Caller, id: SessionId): Promise<TerminateOutcome> {
    const { userId } = requireUser(caller);
    const any = holds(caller.principal, 'sessions:write:any');
    // Before the lookup: a caller without either scope must not learn whose session it is.
    if (!any) requireScope(caller.principal, 'sessions:write');
    const target = await this.#deps.store.find(id);
    const own = target?.userId === userId;
    if (target === null) return this.#terminateLost(caller, id);
    if (!own && !any) return { kind: 'not_found' };
    const reason = own ? 'TERMINATED_BY_USER' : 'TERMINATED_BY_ADMIN';
    return this.#deps.unitOfWork.run(async () => {
      await this.#deps.credentials.requireLive(caller, target.userId);
      const ended = await this.#deps.store.end(id, reason);
      const sessions = ended === null ? [] : [ended];
      await this.#deps.events.record(...terminationsOf(sessions, actorOf(caller)));
      return this.#deps.outcomes.keep({ kind: 'terminated', sessions });
    });
  }

  /** Ends the caller's other sessions. Requires a recent authentication, or an attacker could lock the owner out. */
  async terminateOthers(caller: Caller): Promise<TerminateOthersOutcome> {
    const { userId, sessionId } = requireSession(caller);
    requireScope(caller.principal, 'sessions:write');
    if (!(await this.#deps.queries.isRecentlyAuthenticated(caller)))
      return { kind: 'reauthentication_required' };
    return this.#deps.unitOfWork.run(async () => {
      await this.#deps.credentials.requireLive(caller);
      const sessions = await this.endAllOf(actorOf(caller), userId, 'TERMINATED_BY_USER', sessionId);
      return this.#deps.outcomes.keep({ kind: 'terminated', sessions });
    });
  }

  /** @throws {PublicError} FORBIDDEN without `sessions:write:any`. */
  terminateAllOf(caller: Caller, userId: UserId): Promise<readonly Session[]> {
    requireScope(caller.principal, 'sessions:write:any');
    return this.#deps.unitOfWork.run(async () => {
      await this.#deps.credentials.requireLive(caller, userId);
      const ended = await this.endAllOf(actorOf(caller), userId, 'TERMINATED_BY_ADMIN', null);
      return this.#deps.outcomes.keep(ended);
    });
  }

  /** Ends all sessions of a user except `except`. The caller must have authorised it. */
  endAllOf(
    actor: Actor,
    userId: UserId,
    reason: SessionEndReason,
    except: SessionId | null,
  ): Promise<readonly Session[]> {
    return this.#deps.unitOfWork.run(async () => {
      await this.#deps.users.lockAll([userId]);
      const ended = await this.#deps.store.endAllOf(userId, reason, except);
      await this.#deps.events.record(...bulkTerminationOf(ended, actor));
      return ended;
    });
  }

  /** Ends everybody's sessions, by the operator: in short transactions. Returns their number. */
  async endAllOfEverybody(): Promise<number> {
    const { store, unitOfWork, events } = this.#deps;
    for (let count = 0; ; ) {
      const ended = await unitOfWork.run(async () => {
        const sessions = await store.endSome('TERMINATED_BY_ADMIN', BATCH_SIZE);
        await events.record(...terminationsOf(sessions, system));
        return sessions.length;
      });
      if (ended === 0) return count;
      count += ended;
    }
  }

  /** What the tokens of a session say now; null if it has ended, or its account is not active. */
  async subjectOfLive(id: SessionId): Promise<TokenSubject | null> {
    const found = await this.#deps.store.findForRefresh(id);
    if (found === null || endOf(found.session, this.#deps.limits) !== null) return null;
    return found.subject.accountStatus === 'ACTIVE' ? found.subject : null;
  }

  /** Ends one session; null if it had already ended. The caller must have authorised it. */
  async end(actor: Actor, id: SessionId, reason: SessionEndReason): Promise<Session | null> {
    const ended = await this.#deps.store.end(id, reason);
    if (ended !== null) await this.#deps.events.record(...terminationsOf([ended], actor));
    return ended;
  }

  async #terminateLost(caller: Caller, id: SessionId): Promise<TerminateOutcome> {
    const ending = endingOfLost(caller.principal, id, 'TERMINATED_BY_USER');
    if (ending === null) return { kind: 'not_found' };
    await this.#deps.unitOfWork.run(() =>
      this.#deps.events.record(...terminationsOf([ending], actorOf(caller))),
    );
    return { kind: 'terminated', sessions: [] };
  }

  async #logoutOne(id: SessionId, caller: Caller): Promise<Session | null> {
    const { principal } = caller;
    const { store, events } = this.#deps;
    const ended = await store.end(id, 'LOGOUT');
    const isLost = ended === null && (await store.find(id)) === null;
    const ending = isLost ? endingOfLost(principal, id, 'LOGOUT') : ended;
    if (ending === null) return null;
    const { userId, revision: sessionRevision } = ending;
    const owner = { ...actorOf(caller), userId };
    await events.record(...terminationsOf([ending], owner));
    await events.record(eventBy(owner, 'user.logout', { userId, sessionId: id, sessionRevision }));
    return ended;
  }

  /** The session of a genuine refresh token of any generation: its holder may end the session, as reuse would. */
  async #sessionOf(refreshToken: string): Promise<SessionId | null> {
    const parsed = this.#deps.refreshTokens.parse(refreshToken);
    if (parsed === null) return null;
    const session = await this.#deps.store.find(parsed.sessionId);
    return session !== null && this.#deps.refreshTokens.isGenuine(parsed, session.refreshSalt)
      ? session.id
      : null;
  }
}
