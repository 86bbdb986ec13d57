import type { Clock } from '../../core/clock.ts';
import { PublicError } from '../../core/errors.ts';
import type { EventBus } from '../../core/event-bus.ts';
import { ALL_SESSIONS_CHANNEL, userSessionsChannel } from '../../core/event-messages.ts';
import { newId, type UserId } from '../../core/ids.ts';
import {
  type Caller,
  type KnownPrincipal,
  requireKnown,
  requireScope,
  sessionIdOf,
} from '../../core/principal.ts';
import { PushStream } from '../../core/push-stream.ts';
import type { Revocations } from '../revocations/index.ts';
import type { SessionStore } from './session.store.ts';
import { type SessionLimits, statusOf } from './session.ts';
import { type SessionChange, sessionChangeOf } from './session-change.ts';

/** Counted by stream, since Apollo Router opens a connection for each. */
const MAX_STREAMS_PER_USER = 20;

/** The longest delay of `setTimeout`; clients reconnect long before. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Maximum number of changes buffered for a slow reader. */
const CAPACITY = 256;

interface Dependencies {
  readonly bus: EventBus;
  readonly store: Pick<SessionStore, 'find'>;
  readonly revocations: Revocations;
  readonly limits: SessionLimits;
  readonly clock: Clock;
}

/**
 * Live streams of session changes. A stream ends with a last change when the subscriber's session ends, known from the
 * revocation feed and not from an event that may be lost, and when its credential expires, known from the clock.
 */
export class SessionStreams {
  readonly #deps: Dependencies;
  readonly #streams = new Map<UserId, Set<PushStream<SessionChange>>>();

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
  }

  /** Changes of the caller's own sessions. The channel is derived from the credential, never from an argument. */
  own(caller: Caller): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireKnown(caller);
    requireScope(principal, 'sessions:read');
    return this.#open(principal, userSessionsChannel(principal.userId));
  }

  /** Changes of one user's sessions, or of all users'. */
  any(caller: Caller, userId: UserId | null): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireKnown(caller);
    requireScope(principal, 'sessions:read:any');
    return this.#open(principal, userId === null ? ALL_SESSIONS_CHANNEL : userSessionsChannel(userId));
  }

  /** Ends every stream without a last change: the instance stops, and clients reconnect to another. */
  endAll(): void {
    for (const streams of [...this.#streams.values()]) for (const stream of [...streams]) stream.end();
  }

  async #open(principal: KnownPrincipal, channel: string): Promise<AsyncIterableIterator<SessionChange>> {
    const cleanUps: (() => void)[] = [];
    const stream = new PushStream<SessionChange>({
      capacity: CAPACITY,
      onEnd: () => {
        for (const cleanUp of cleanUps) cleanUp();
      },
    });
    // The stream may end while it is being opened: what is acquired after that is released at once.
    const hold = (cleanUp: () => void) => void (stream.ended ? cleanUp() : cleanUps.push(cleanUp));
    hold(this.#countIn(principal.userId, stream));
    try {
      const finish = (last: SessionChange) => stream.endWith(last);
      const expire = () => finish(lastChange(principal, 'CREDENTIAL_EXPIRED'));
      // The user's roles have changed, so the credential may now allow less.
      hold(this.#deps.revocations.watch(principal.userId, expire));
      hold(await this.#deps.bus.subscribe(channel, (payload) => this.#relay(principal, stream, payload)));
      hold(this.#deps.revocations.watch(credentialIdOf(principal), () => finish(lastChange(principal))));
      const expiry = setTimeout(expire, this.#msUntil(principal.expiresAt));
      hold(() => clearTimeout(expiry));
      // Checked after subscribing, so that an end in between is not missed.
      if (await this.#isOver(principal)) finish(lastChange(principal));
      return stream;
    } catch (error) {
      stream.end();
      throw error;
    }
  }

  /** Authorises each change: nothing passes after the subscriber's credential is revoked. */
  #relay(principal: KnownPrincipal, stream: PushStream<SessionChange>, payload: unknown): void {
    const change = sessionChangeOf(payload);
    if (change === null) return;
    const ownEnd = change.kind === 'ENDED' && change.sessionId === sessionIdOf(principal);
    if (ownEnd) stream.endWith(change);
    else if (!this.#deps.revocations.has(credentialIdOf(principal))) stream.push(change);
  }

  async #isOver(principal: KnownPrincipal): Promise<boolean> {
    if (this.#deps.revocations.has(credentialIdOf(principal))) return true;
    // The list holds every revocation since a personal access token was read.
    if (principal.kind === 'personal_access_token') return false;
    const session = await this.#deps.store.find(principal.sessionId);
    return session === null || statusOf(session, this.#deps.limits) === 'ENDED';
  }

  #msUntil(time: Date): number {
    return Math.min(Math.max(0, time.getTime() - this.#deps.clock.now().getTime()), MAX_TIMER_MS);
  }

  #countIn(userId: UserId, stream: PushStream<SessionChange>): () => void {
    const streams = this.#streams.get(userId) ?? new Set();
    if (streams.size >= MAX_STREAMS_PER_USER) {
      throw new PublicError('RATE_LIMITED', `A user may have ${MAX_STREAMS_PER_USER} streams at a time.`);
    }
    this.#streams.set(userId, streams.add(stream));
    return () => {
      streams.delete(stream);
      if (streams.size === 0 && this.#streams.get(userId) === streams) this.#streams.delete(userId);
    };
  }
}

/** A stream that reports an invalid credential and ends; clients do not report a refused connection. */
export function invalidCredentialStream(): AsyncIterableIterator<SessionChange> {
  const stream = new PushStream<SessionChange>({ capacity: 1, onEnd: () => undefined });
  stream.push({
    id: newId(),
    kind: 'CREDENTIAL_INVALID',
    userId: null,
    sessionId: null,
    occurredAt: new Date(),
  });
  stream.end();
  return stream;
}

/** The last change of a stream whose credential is revoked: the end of its session, if it has one. */
function lastChange(
  principal: KnownPrincipal,
  kind: 'ENDED' | 'CREDENTIAL_EXPIRED' = principal.kind === 'session' ? 'ENDED' : 'CREDENTIAL_EXPIRED',
): SessionChange {
  const { userId } = principal;
  return { id: newId(), kind, userId, sessionId: sessionIdOf(principal), occurredAt: new Date() };
}

/** The id by which the principal's credential is revoked. */
function credentialIdOf(principal: KnownPrincipal): string {
  return principal.kind === 'session' ? principal.sessionId : principal.personalAccessTokenId;
}
