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
import { parseSessionChange, type SessionChange } from './session-change.ts';

/** Apollo Router opens a connection for each stream, so streams are what is counted. */
const MAX_STREAMS_PER_USER = 20;

/** A timer cannot be set for longer, in milliseconds; a client has long come back by then. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Changes that wait for a slow reader, at most. */
const CAPACITY = 256;

interface Dependencies {
  readonly bus: EventBus;
  readonly store: Pick<SessionStore, 'find'>;
  readonly revocations: Revocations;
  readonly limits: SessionLimits;
  readonly clock: Clock;
}

/**
 * Live streams of session changes. A stream ends with a last change and by itself: when the session that watches ends, told
 * by the revocation feed and not by an event that might be lost, and when its credential expires, told by the clock.
 */
export class SessionStreams {
  readonly #bus: EventBus;
  readonly #store: Pick<SessionStore, 'find'>;
  readonly #revocations: Revocations;
  readonly #limits: SessionLimits;
  readonly #clock: Clock;
  readonly #streams = new Map<UserId, Set<PushStream<SessionChange>>>();

  constructor({ bus, store, revocations, limits, clock }: Dependencies) {
    this.#bus = bus;
    this.#store = store;
    this.#revocations = revocations;
    this.#limits = limits;
    this.#clock = clock;
  }

  /** The changes of the caller's own sessions. The topic comes from the credential, never from an argument. */
  own(caller: Caller): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireKnown(caller);
    requireScope(principal, 'sessions:read');
    return this.#open(principal, userSessionsChannel(principal.userId));
  }

  /** The changes of a user's sessions, or everyone's. */
  any(caller: Caller, userId: UserId | null): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireKnown(caller);
    requireScope(principal, 'sessions:read:any');
    return this.#open(principal, userId === null ? ALL_SESSIONS_CHANNEL : userSessionsChannel(userId));
  }

  /** Ends every stream, without a word: the instance stops, and clients come back to another. */
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
    // It may end while it is being opened: what is then still taken up is let go at once.
    const hold = (cleanUp: () => void) => void (stream.ended ? cleanUp() : cleanUps.push(cleanUp));
    hold(this.#countIn(principal.userId, stream));
    try {
      const finish = (last: SessionChange) => stream.endWith(last);
      const expire = () => finish(lastChange(principal, 'CREDENTIAL_EXPIRED'));
      // The user's rights have changed: the credential may allow less than it was found to allow.
      hold(this.#revocations.watch(principal.userId, expire));
      hold(await this.#bus.subscribe(channel, (payload) => this.#relay(principal, stream, payload)));
      hold(this.#revocations.watch(credentialIdOf(principal), () => finish(lastChange(principal))));
      const expiry = setTimeout(expire, this.#msUntil(principal.expiresAt));
      hold(() => clearTimeout(expiry));
      // Subscribed first and checked after: an end in between is seen by one or the other.
      if (await this.#isOver(principal)) finish(lastChange(principal));
      return stream;
    } catch (error) {
      stream.end();
      throw error;
    }
  }

  /** Authorised anew with each change: nothing passes after the end of the session that watches. */
  #relay(principal: KnownPrincipal, stream: PushStream<SessionChange>, payload: unknown): void {
    const change = parseSessionChange(payload);
    if (change === null) return;
    const ownEnd = change.kind === 'ENDED' && change.sessionId === sessionIdOf(principal);
    if (ownEnd) stream.endWith(change);
    else if (!this.#revocations.has(credentialIdOf(principal))) stream.push(change);
  }

  async #isOver(principal: KnownPrincipal): Promise<boolean> {
    if (this.#revocations.has(credentialIdOf(principal))) return true;
    // A personal access token was read after what is known to be revoked, and is not there.
    if (principal.kind === 'personal_access_token') return false;
    const session = (await this.#store.find(principal.sessionId))?.session;
    return session === undefined || statusOf(session, this.#limits) === 'ENDED';
  }

  #msUntil(time: Date): number {
    return Math.min(Math.max(0, time.getTime() - this.#clock.now().getTime()), MAX_TIMER_MS);
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

/** What ends a stream whose credential is revoked: the end of its session, where it has one. */
function lastChange(
  principal: KnownPrincipal,
  kind: 'ENDED' | 'CREDENTIAL_EXPIRED' = principal.kind === 'session' ? 'ENDED' : 'CREDENTIAL_EXPIRED',
): SessionChange {
  const { userId } = principal;
  return { id: newId(), kind, userId, sessionId: sessionIdOf(principal), occurredAt: new Date() };
}

/** What must not be revoked for the principal to be good. */
function credentialIdOf(principal: KnownPrincipal): string {
  return principal.kind === 'session' ? principal.sessionId : principal.personalAccessTokenId;
}
