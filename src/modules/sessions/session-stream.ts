import { PublicError } from '../../core/errors.ts';
import type { Position } from '../../core/event-bus.ts';
import type { EventReplay } from '../../core/event-replay.ts';
import { type EventId, newId, type UserId } from '../../core/ids.ts';
import { positionId } from '../../core/position-id.ts';
import { type KnownPrincipal, sessionIdOf } from '../../core/principal.ts';
import { PushStream } from '../../core/push-stream.ts';
import type { Revocations } from '../revocations/index.ts';
import { type SessionChange, sessionChangeOf } from './session-change.ts';

/** Maximum number of changes that a stream is given later: its client can read the sessions sooner. */
const MAX_MISSED = 1_000;

/** Maximum number of unread changes: those missed, and some for a slow reader. */
const CAPACITY = MAX_MISSED + 256;

interface Options {
  readonly principal: KnownPrincipal;
  /** The user whose sessions it reports; null: all. */
  readonly userId: UserId | null;
  readonly revocations: Pick<Revocations, 'has'>;
  readonly replay: Pick<EventReplay, 'list'>;
}

/** The stream of one subscriber: what the bus carries, and what it missed of that, each once and in order. */
export class SessionStream {
  readonly changes: PushStream<SessionChange>;
  readonly #options: Options;
  readonly #cleanUps: (() => void)[] = [];
  /** The position of the last change that was read: where the next stream of this client begins. */
  #readUpTo: Position = 0;
  /** Null before it begins. */
  #receivedUpTo: Position | null = null;
  /** How many catch-ups are in progress; changes wait for them. */
  #catchUps = 0;
  #waiting: SessionChange[] = [];

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

  receive(payload: unknown): void {
    const change = sessionChangeOf(payload);
    if (change === null) return;
    if (this.#catchUps === 0) this.#accept(change);
    else if (this.#waiting.length < CAPACITY) this.#waiting.push(change);
    else this.changes.end();
  }

  /** Keeps changes waiting until a `catchUp`. Call as soon as the bus delivers what follows a gap. */
  beginCatchUp(): void {
    this.#catchUps += 1;
  }

  /**
   * Adds the changes from the last received one up to a position, then those that wait. A new stream begins at the position.
   *
   * @throws {PublicError} SINCE_TOO_OLD if they are too many.
   */
  async catchUp(upTo: Position): Promise<void> {
    if (this.#receivedUpTo === null) this.beginAfter(upTo);
    else await this.#receiveMissed(this.#receivedUpTo, upTo);
    this.#receivedUpTo = upTo;
    this.#catchUps -= 1;
    if (this.#catchUps > 0) return;
    for (const change of this.#waiting.splice(0))
      if (change.position === null || change.position > upTo) this.#accept(change);
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
    const { principal } = this.#options;
    if (principal.kind === 'session') this.changes.endWith(this.#lastChange('ENDED', newId()));
    else this.endExpired();
  }

  /** Ends with `CREDENTIAL_EXPIRED`, whose id lets the client resume after the last change that was read. */
  endExpired(): void {
    this.changes.endWith(this.#lastChange('CREDENTIAL_EXPIRED', positionId(this.#readUpTo)));
  }

  /** Authorises each change: nothing passes after the subscriber's credential is revoked. */
  #accept(change: SessionChange): void {
    const { principal, revocations } = this.#options;
    if (change.position !== null) this.#receivedUpTo = change.position;
    const ownEnd = change.kind === 'ENDED' && change.sessionId === sessionIdOf(principal);
    if (ownEnd) this.changes.endWith(change);
    else if (!revocations.has(credentialIdOf(principal))) this.changes.push(change);
  }

  #lastChange(kind: 'ENDED' | 'CREDENTIAL_EXPIRED', id: EventId): SessionChange {
    const { principal } = this.#options;
    const { userId } = principal;
    return { id, kind, userId, sessionId: sessionIdOf(principal), occurredAt: new Date(), position: null };
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
    position: null,
  });
  stream.end();
  return stream;
}

/** The id by which the principal's credential is revoked. */
export function credentialIdOf(principal: KnownPrincipal): string {
  return principal.kind === 'session' ? principal.sessionId : principal.personalAccessTokenId;
}

export const tooOld = () =>
  new PublicError(
    'SINCE_TOO_OLD',
    'What followed this event is no longer kept, or too much. Read the sessions, and subscribe without `since`.',
  );
