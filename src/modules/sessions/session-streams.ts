import { PublicError } from '../../core/errors.ts';
import type { EventBus } from '../../core/event-bus.ts';
import { ALL_SESSIONS_CHANNEL, userSessionsChannel } from '../../core/event-messages.ts';
import { newId, type UserId } from '../../core/ids.ts';
import { type Caller, requireScope, requireSession, type SessionPrincipal } from '../../core/principal.ts';
import { PushStream } from '../../core/push-stream.ts';
import type { EndedSessions } from './ended-sessions.ts';
import type { SessionStore } from './session.store.ts';
import { type SessionLimits, statusOf } from './session.ts';
import { parseSessionChange, type SessionChange } from './session-change.ts';

/** Apollo Router opens a connection for each stream, so streams are what is counted. */
const MAX_STREAMS_PER_USER = 20;

/** Changes that wait for a slow reader, at most. */
const CAPACITY = 256;

interface Dependencies {
  readonly bus: EventBus;
  readonly store: Pick<SessionStore, 'find'>;
  readonly endedSessions: EndedSessions;
  readonly limits: SessionLimits;
}

/**
 * Live streams of session changes. A stream ends with a last change and by itself: when the session that watches ends, told
 * by the revocation feed and not by an event that might be lost, and when its credential expires, told by the clock.
 */
export class SessionStreams {
  readonly #bus: EventBus;
  readonly #store: Pick<SessionStore, 'find'>;
  readonly #endedSessions: EndedSessions;
  readonly #limits: SessionLimits;
  readonly #streams = new Map<UserId, Set<PushStream<SessionChange>>>();

  constructor({ bus, store, endedSessions, limits }: Dependencies) {
    this.#bus = bus;
    this.#store = store;
    this.#endedSessions = endedSessions;
    this.#limits = limits;
  }

  /** The changes of the caller's own sessions. The topic comes from the credential, never from an argument. */
  own(caller: Caller): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireSession(caller);
    requireScope(principal, 'sessions:read');
    return this.#open(principal, userSessionsChannel(principal.userId));
  }

  /** The changes of a user's sessions, or everyone's. */
  any(caller: Caller, userId: UserId | null): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireSession(caller);
    requireScope(principal, 'sessions:read:any');
    return this.#open(principal, userId === null ? ALL_SESSIONS_CHANNEL : userSessionsChannel(userId));
  }

  /** Ends every stream, without a word: the instance stops, and clients come back to another. */
  endAll(): void {
    for (const streams of [...this.#streams.values()]) for (const stream of [...streams]) stream.end();
  }

  async #open(principal: SessionPrincipal, channel: string): Promise<AsyncIterableIterator<SessionChange>> {
    const cleanUps: (() => void)[] = [];
    const stream = new PushStream<SessionChange>({
      capacity: CAPACITY,
      onEnd: () => {
        for (const cleanUp of cleanUps) cleanUp();
      },
    });
    cleanUps.push(this.#countIn(principal.userId, stream));
    try {
      const finish = (last: SessionChange) => {
        stream.push(last);
        stream.end();
      };
      cleanUps.push(await this.#bus.subscribe(channel, (payload) => this.#relay(principal, stream, payload)));
      cleanUps.push(
        this.#endedSessions.watch(principal.sessionId, () => finish(lastChange(principal, 'ENDED'))),
      );
      const expiry = setTimeout(
        () => finish(lastChange(principal, 'CREDENTIAL_EXPIRED')),
        msUntil(principal.expiresAt),
      );
      cleanUps.push(() => clearTimeout(expiry));
      // Subscribed first and checked after: an end in between is seen by one or the other.
      if (await this.#isOver(principal)) finish(lastChange(principal, 'ENDED'));
      return stream;
    } catch (error) {
      stream.end();
      throw error;
    }
  }

  /** Authorised anew with each change: nothing passes after the end of the session that watches. */
  #relay(principal: SessionPrincipal, stream: PushStream<SessionChange>, payload: unknown): void {
    const change = parseSessionChange(payload);
    if (change === null) return;
    const ownEnd = change.kind === 'ENDED' && change.sessionId === principal.sessionId;
    if (ownEnd || !this.#endedSessions.has(principal.sessionId)) stream.push(change);
    if (ownEnd) stream.end();
  }

  async #isOver({ sessionId }: SessionPrincipal): Promise<boolean> {
    if (this.#endedSessions.has(sessionId)) return true;
    const session = (await this.#store.find(sessionId))?.session;
    return session === undefined || statusOf(session, this.#limits) === 'ENDED';
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

/** For a caller whose credential is good for nothing: a stream that says so, for a refused connection leaves clients silent. */
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

function lastChange(
  { userId, sessionId }: SessionPrincipal,
  kind: 'ENDED' | 'CREDENTIAL_EXPIRED',
): SessionChange {
  return { id: newId(), kind, userId, sessionId, occurredAt: new Date() };
}

function msUntil(time: Date): number {
  return Math.max(0, time.getTime() - Date.now());
}
