import { PublicError } from '../../core/errors.ts';
import type { EventBus, Position } from '../../core/event-bus.ts';
import type { EventReplay } from '../../core/event-replay.ts';
import { type EventId, newId, type UserId } from '../../core/ids.ts';
import { InTurn } from '../../core/in-turn.ts';
import { positionId } from '../../core/position-id.ts';
import { credentialIdOf, type OwnPrincipal, sessionIdOf } from '../../core/principal.ts';
import { PushStream } from '../../core/push-stream.ts';
import type { Revocations } from '../revocations/index.ts';
import { EndedSessions, REMEMBERED_ENDS } from './ended-sessions.ts';
import { type SessionChange, type SessionChangeKind, sessionChangeOf } from './session-change.ts';

/** Maximum number of changes that a stream is given later: its client can read the sessions sooner. */
const MAX_MISSED = 1_000;

/** Maximum number of unread changes: those missed, and some for a slow reader. */
const CAPACITY = MAX_MISSED + 256;

interface Options {
  readonly principal: OwnPrincipal;
  /** The user whose sessions it reports; null: all. */
  readonly userId: UserId | null;
  readonly revocations: Pick<Revocations, 'has'>;
  readonly replay: Pick<EventReplay, 'list' | 'lastOf'>;
  readonly bus: Pick<EventBus, 'deliveredUpTo'>;
}

/**
 * The stream of one subscriber: what the bus carries, and what it missed of that, each once, in the order of publication, and
 * nothing of a session after its end.
 */
export class SessionStream {
  readonly changes: PushStream<SessionChange>;
  readonly #options: Options;
  readonly #cleanUps: (() => void)[] = [];
  /** The position of the last change that was read; before, that at which the stream begins. */
  #readUpTo: Position = 0;
  /** All changes up to this position were received. Null before the stream has a beginning. */
  #receivedUpTo: Position | null = null;
  /** The gap in what the bus delivers that is not closed; null if there is none. */
  #gap: number | null = null;
  /** Changes that follow the gap. */
  #waiting: SessionChange[] = [];
  readonly #ended = new EndedSessions();
  readonly #inTurn = new InTurn<'catch-up'>();

  constructor(options: Options) {
    this.#options = options;
    this.changes = new PushStream({
      capacity: CAPACITY,
      onEnd: () => {
        for (const cleanUp of this.#cleanUps) cleanUp();
      },
      onRead: ({ position }) => {
        if (position !== null) this.#readUpTo = position;
      },
    });
  }

  /** Releases something when the stream ends: at once if it has ended while it was opened. */
  hold(cleanUp: () => void): void {
    if (this.changes.ended) cleanUp();
    else this.#cleanUps.push(cleanUp);
  }

  /** Everything up to a position was received before. */
  beginAfter(position: Position): void {
    this.#readUpTo = position;
    this.#receivedUpTo = position;
  }

  /** Learns which sessions ended before the stream begins: its client has heard that of the stream that it resumes. */
  async recallEnds(): Promise<void> {
    const { replay, userId } = this.#options;
    const ends = await replay.lastOf('session.terminated', userId, this.#readUpTo, REMEMBERED_ENDS);
    for (const event of ends) {
      const change = sessionChangeOf(event);
      if (change !== null) this.#ended.note(change);
    }
  }

  receive(payload: unknown): void {
    const change = sessionChangeOf(payload);
    if (change === null) return;
    if (this.#gap === null) this.#accept(change);
    else if (this.#waiting.length < CAPACITY) this.#waiting.push(change);
    else this.changes.end();
  }

  /** Keeps changes waiting until a `catchUp` closes the gap. Call before the bus delivers anything that follows it. */
  beginGap(gap: number): void {
    this.#gap = gap;
  }

  /**
   * Closes a gap: adds the changes from the last received one up to a position, which was taken after it, then those that wait.
   * A new stream begins at the position.
   *
   * @throws {PublicError} SINCE_TOO_OLD if they are too many.
   */
  catchUp(gap: number, upTo: Position): Promise<void> {
    return this.#inTurn.run('catch-up', () => this.#catchUp(gap, upTo));
  }

  async #catchUp(gap: number, upTo: Position): Promise<void> {
    if (this.changes.ended) return;
    if (this.#receivedUpTo === null) this.beginAfter(upTo);
    else if (upTo > this.#receivedUpTo) {
      await this.#receiveMissed(this.#receivedUpTo, upTo);
      this.#receivedUpTo = upTo;
    }
    // Another gap has begun meanwhile, and its own catch-up follows.
    if (this.#gap !== gap) return;
    this.#gap = null;
    for (const change of this.#waiting.splice(0)) this.#accept(change);
  }

  async #receiveMissed(after: Position, upTo: Position): Promise<void> {
    const { replay, userId } = this.#options;
    const missed = await replay.list(userId, after, upTo, MAX_MISSED + 1);
    if (missed.length > MAX_MISSED) throw tooOld();
    for (const event of missed) {
      const change = sessionChangeOf(event);
      if (change !== null) this.#accept(change);
    }
  }

  /** Ends with the end of the subscriber's session, or with that of a credential without a session. */
  endRevoked(): void {
    const { kind } = this.#options.principal;
    this.changes.endWith(this.#lastChange(kind === 'session' ? 'ENDED' : 'CREDENTIAL_EXPIRED'));
  }

  /** Ends since the subscriber's credential may have been revoked: nobody can tell. */
  endUnverified(): void {
    this.changes.endWith({ ...this.#lastChange('CREDENTIAL_UNVERIFIED'), sessionId: null });
  }

  endExpired(): void {
    this.changes.endWith(this.#lastChange('CREDENTIAL_EXPIRED'));
  }

  /** Authorises each change: nothing passes after the subscriber's credential is revoked. */
  #accept(change: SessionChange): void {
    const { principal, revocations } = this.#options;
    const { position } = change;
    // Published again, or listed before.
    if (position !== null && this.#receivedUpTo !== null && position <= this.#receivedUpTo) return;
    if (change.kind === 'ENDED' && change.sessionId === sessionIdOf(principal)) this.#endWithOwn(change);
    else if (!revocations.has(credentialIdOf(principal))) {
      this.#receivedUpTo = position ?? this.#receivedUpTo;
      if (this.#ended.overtook(change)) return;
      this.#ended.note(change);
      this.changes.push(change);
    }
  }

  #endWithOwn(change: SessionChange): void {
    // Unread changes are dropped: the next stream must begin before them.
    this.changes.endWith(this.changes.unread === 0 ? change : { ...change, id: this.#placeOfReader() });
  }

  #lastChange(kind: 'ENDED' | 'CREDENTIAL_EXPIRED' | 'CREDENTIAL_UNVERIFIED'): SessionChange {
    const { principal } = this.#options;
    const { userId } = principal;
    const id = this.#placeOfReader();
    const sessionId = sessionIdOf(principal);
    return { id, kind, userId, sessionId, occurredAt: new Date(), revision: null, position: null };
  }

  /** An id from which the client can resume: after the last change that was read or, if none is unread, that was delivered. */
  #placeOfReader(): EventId {
    const isUpToDate = this.changes.unread === 0 && this.#gap === null && this.#receivedUpTo !== null;
    const delivered = isUpToDate ? (this.#options.bus.deliveredUpTo ?? 0) : 0;
    return positionId(Math.max(this.#readUpTo, delivered));
  }
}

/** A stream that reports an invalid credential and ends; clients do not report a refused connection. */
export const invalidCredentialStream = () => streamOf('CREDENTIAL_INVALID', newId());

/** As `invalidCredentialStream`, for a credential that could not be verified. The next stream begins where this one was to begin. */
export const unverifiedCredentialStream = (since: EventId | null) =>
  streamOf('CREDENTIAL_UNVERIFIED', since ?? newId());

function streamOf(kind: SessionChangeKind, id: EventId): AsyncIterableIterator<SessionChange> {
  const stream = new PushStream<SessionChange>({ capacity: 1, onEnd: () => undefined });
  stream.push({
    id,
    kind,
    userId: null,
    sessionId: null,
    occurredAt: new Date(),
    revision: null,
    position: null,
  });
  stream.end();
  return stream;
}

export const tooOld = () =>
  new PublicError(
    'SINCE_TOO_OLD',
    'What followed this event is no longer kept, or too much. Subscribe without `since`, then read the sessions.',
  );
