import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../core/clock.ts';
import { PublicError } from '../../core/errors.ts';
import type { EventBus, Position } from '../../core/event-bus.ts';
import { ALL_SESSIONS_CHANNEL, userSessionsChannel } from '../../core/event-messages.ts';
import { type EventReplay, REPLAY_SECONDS } from '../../core/event-replay.ts';
import type { EventId, UserId } from '../../core/ids.ts';
import { InTurn } from '../../core/in-turn.ts';
import type { Logger } from '../../core/ports.ts';
import { positionIn } from '../../core/position-id.ts';
import {
  type Caller,
  credentialIdOf,
  type OwnPrincipal,
  requireOwn,
  requireScope,
} from '../../core/principal.ts';
import type { RevocationFeed, Revocations } from '../revocations/index.ts';
import type { SessionStore } from './session.store.ts';
import { type SessionLimits, statusOf } from './session.ts';
import type { SessionChange } from './session-change.ts';
import { SessionStream, tooOld } from './session-stream.ts';

/** Counted by stream, since Apollo Router opens a connection for each. */
const MAX_STREAMS_PER_USER = 20;

/** The longest delay of `setTimeout`; clients reconnect long before. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Streams that read what they missed at a time. */
const LANES = 4;

/** Attempts to begin with that, and the delay between them in milliseconds. */
const MAX_ATTEMPTS = 20;
const RETRY_MS = 250;

interface Dependencies {
  readonly bus: EventBus;
  readonly replay: EventReplay;
  readonly store: Pick<SessionStore, 'find'>;
  readonly revocations: Revocations;
  readonly feed: Pick<RevocationFeed, 'catchUp' | 'onLost'>;
  readonly limits: SessionLimits;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Live streams of session changes. A stream ends with a last change when the subscriber's session ends, known from the
 * revocation feed and not from an event that may be lost, when its credential expires, known from the clock, and when it can no
 * longer be verified, since the feed is interrupted.
 */
export class SessionStreams {
  readonly #deps: Dependencies;
  readonly #streams = new Map<UserId, Set<SessionStream>>();
  /** The number of gaps in what the bus has delivered. */
  #gap = 0;
  readonly #inTurn = new InTurn<'catch-up'>();
  #lastPosition: Position = 0;

  constructor(dependencies: Dependencies) {
    this.#deps = dependencies;
    const { bus, feed } = dependencies;
    bus.onGap(() => {
      this.#gap += 1;
      for (const stream of this.#all()) stream.beginGap(this.#gap);
    });
    bus.onResumed(() => void this.#inTurn.run('catch-up', () => this.#catchUpAll()));
    feed.onLost(() => this.#endUnverified());
  }

  /**
   * Changes of the caller's own sessions. The channel is derived from the credential, never from an argument. `since`: those
   * after this one come first.
   *
   * @throws {PublicError} SINCE_TOO_OLD
   */
  own(caller: Caller, since: EventId | null): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireOwn(caller);
    requireScope(principal, 'sessions:read');
    return this.#open(principal, principal.userId, since);
  }

  /** Changes of one user's sessions, or of all users'. `since`: as for `own`. @throws {PublicError} SINCE_TOO_OLD */
  any(
    caller: Caller,
    userId: UserId | null,
    since: EventId | null,
  ): Promise<AsyncIterableIterator<SessionChange>> {
    const principal = requireOwn(caller);
    requireScope(principal, 'sessions:read:any');
    return this.#open(principal, userId, since);
  }

  /** Ends every stream without a last change: the instance stops, and clients reconnect to another. */
  endAll(): void {
    for (const stream of this.#all()) stream.changes.end();
  }

  #endUnverified(): void {
    const streams = this.#all();
    if (streams.length === 0) return;
    this.#deps.logger.warn(
      { streams: streams.length },
      'streams end: neither Redis nor Postgres tells whether their credentials are revoked',
    );
    for (const stream of streams) stream.endUnverified();
  }

  async #open(
    principal: OwnPrincipal,
    userId: UserId | null,
    since: EventId | null,
  ): Promise<AsyncIterableIterator<SessionChange>> {
    const { revocations, replay, bus } = this.#deps;
    const stream = new SessionStream({ principal, userId, revocations, replay, bus });
    stream.hold(this.#countIn(principal.userId, stream));
    try {
      // The user's roles have changed, so the credential may now allow less.
      stream.hold(revocations.watch(principal.userId, () => stream.endExpired()));
      if (this.#hasChangedRoles(principal)) stream.endExpired();
      await this.#connect(stream, userId, since);
      stream.hold(revocations.watch(credentialIdOf(principal), () => stream.endRevoked()));
      const expiry = setTimeout(() => stream.endExpired(), this.#msUntil(principal.expiresAt));
      stream.hold(() => clearTimeout(expiry));
      // Checked after subscribing, so that an end in between is not missed.
      if (await this.#isOver(principal)) stream.endRevoked();
      return stream.changes;
    } catch (error) {
      stream.changes.end();
      throw error;
    }
  }

  /** Subscribes a stream to its channel, and has it catch up with what followed `since`. */
  async #connect(stream: SessionStream, userId: UserId | null, since: EventId | null): Promise<void> {
    const { bus, replay } = this.#deps;
    if (since !== null) stream.beginAfter(await this.#positionOf(since));
    const gap = this.#gap;
    stream.beginGap(gap);
    const channel = userId === null ? ALL_SESSIONS_CHANNEL : userSessionsChannel(userId);
    stream.hold(await bus.subscribe(channel, (payload) => stream.receive(payload)));
    // The client of Redis may lose messages that arrive together with the confirmation of a subscription: they are before this.
    const upTo = await this.#newPosition();
    if (since !== null) {
      await replay.publicationsRecorded();
      await stream.recallEnds();
    }
    await stream.catchUp(gap, upTo);
  }

  /** @throws {PublicError} SINCE_TOO_OLD */
  async #positionOf(since: EventId): Promise<Position> {
    const now = await this.#newPosition();
    const position = positionIn(since) ?? (await this.#deps.replay.positionOf(since));
    // One that is ahead comes from another Redis, whose clock was ahead, or from nobody.
    const isKept = position !== null && position >= now - REPLAY_SECONDS * 1_000_000 && position <= now;
    if (!isKept) throw tooOld();
    return position;
  }

  async #newPosition(): Promise<Position> {
    const position = await this.#deps.bus.newPosition();
    if (position < this.#lastPosition) {
      this.#deps.logger.warn({}, 'streams end: the clock of Redis is behind that of the Redis before');
      this.endAll();
    }
    this.#lastPosition = position;
    return position;
  }

  /** Closes the gap that is over. A stream that cannot catch up ends: its client reconnects with `since`. */
  async #catchUpAll(): Promise<void> {
    const gap = this.#gap;
    const { length } = this.#all();
    if (length === 0) return;
    try {
      const upTo = await this.#positionAfterGap();
      const streams = this.#all().values();
      const lane = async () => {
        for (const stream of streams) await stream.catchUp(gap, upTo).catch(() => stream.changes.end());
      };
      await Promise.all(Array.from({ length: LANES }, lane));
    } catch (error) {
      this.#deps.logger.warn(
        { err: error, streams: length },
        'streams end, since they could not catch up after a gap',
      );
      this.endAll();
    }
  }

  /** A position up to which all publications are recorded. The database, or the other connection to Redis, may take longer to come back. */
  async #positionAfterGap(): Promise<Position> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#deps.feed.catchUp();
        const position = await this.#newPosition();
        await this.#deps.replay.publicationsRecorded();
        return position;
      } catch (error) {
        if (attempt === MAX_ATTEMPTS) throw error;
        await delay(RETRY_MS);
      }
    }
  }

  async #isOver(principal: OwnPrincipal): Promise<boolean> {
    if (this.#deps.revocations.has(credentialIdOf(principal))) return true;
    // The list holds every revocation since a personal access token was read.
    if (principal.kind === 'personal_access_token') return false;
    const session = await this.#deps.store.find(principal.sessionId);
    return session === null || statusOf(session, this.#deps.limits) === 'ENDED';
  }

  /** Since the credential was verified. */
  #hasChangedRoles({ userId, notBefore }: OwnPrincipal): boolean {
    const latest = this.#deps.revocations.notBefore(userId);
    return latest !== null && latest.getTime() !== notBefore?.getTime();
  }

  #msUntil(time: Date): number {
    return Math.min(Math.max(0, time.getTime() - this.#deps.clock.now().getTime()), MAX_TIMER_MS);
  }

  #all(): SessionStream[] {
    return [...this.#streams.values()].flatMap((streams) => [...streams]);
  }

  #countIn(userId: UserId, stream: SessionStream): () => void {
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
