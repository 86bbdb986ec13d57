import type { SessionEndReason } from './session-end-reason.ts';

/** What a session's row says, as far as refreshing it goes. All times are of the database's clock. */
export interface RefreshState {
  readonly generation: number;
  /** When the current generation was made: the first use of the one before. Null before any refresh. */
  readonly rotatedAt: Date | null;
  /** When the generation before the current was made: the first use of the one two back. */
  readonly previousRotatedAt: Date | null;
  /** The newest generation to show a sign of life: a refresh by it, or a request with its access token. */
  readonly confirmedGeneration: number;
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: SessionEndReason | null;
  /** Read together with the row: replicas whose clocks disagree still decide alike. */
  readonly now: Date;
}

export interface RefreshLimits {
  /** For how long a token may be used again after its first use. 0 is strict: never. */
  readonly graceSeconds: number;
  readonly idleTimeoutSeconds: number;
}

/** What becomes of a refresh. Only `advance` and `repeat` give tokens; only `reuse` ends the session. */
export type RefreshDecision =
  /** The current token: make the next generation. */
  | { readonly kind: 'advance' }
  /** The one before, honestly used again: give the same successor, `generation`, once more. */
  | { readonly kind: 'repeat'; readonly generation: number }
  /** Genuine but old: two parties hold these tokens, and either may be the thief (RFC 9700 §4.14.2). */
  | { readonly kind: 'reuse' }
  /** Two generations old but overtaken in flight: refuse it, keep the session. */
  | { readonly kind: 'straggler' }
  /** Newer than the row, which a restored backup or a failover has set back: refuse it, keep the session. */
  | { readonly kind: 'ahead' }
  /** Not ours: it says nothing about the session, so it must not be able to end it. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'ended'; readonly reason: SessionEndReason; readonly endedAt: Date }
  | { readonly kind: 'idle' }
  | { readonly kind: 'expired' };

/**
 * Decides what a presented refresh token is worth. The window in which it may be used again is anchored at
 * its first use and never slides, or a thief could hold it open by refreshing.
 *
 * @throws {Error} when the row says that the session ended, but not why.
 */
export function decideRefresh(
  presented: { generation: number; genuine: boolean },
  state: RefreshState,
  limits: RefreshLimits,
): RefreshDecision {
  if (!presented.genuine) return { kind: 'forged' };
  if (state.endedAt !== null) return ended(state.endedAt, state.endReason);
  if (state.now >= state.expiresAt) return { kind: 'expired' };
  if (secondsBetween(state.lastActiveAt, state.now) >= limits.idleTimeoutSeconds) return { kind: 'idle' };
  return decideGeneration(presented.generation, state, limits.graceSeconds);
}

function decideGeneration(presented: number, state: RefreshState, graceSeconds: number): RefreshDecision {
  const { generation, now } = state;
  if (presented > generation) return { kind: 'ahead' };
  if (presented === generation) return { kind: 'advance' };
  if (graceSeconds === 0) return { kind: 'reuse' };

  const age = generation - presented;
  if (age === 1) {
    // A client that lost our reply comes back with the old token, however much later. As long as nobody has
    // used the new one there is no second party to tell it from: to sign it out would punish a bad network.
    const replyMayBeLost = state.confirmedGeneration < generation;
    const honoured = replyMayBeLost || isWithin(graceSeconds, state.rotatedAt, now);
    return honoured ? { kind: 'repeat', generation } : { kind: 'reuse' };
  }
  if (age === 2 && isWithin(graceSeconds, state.previousRotatedAt, now)) return { kind: 'straggler' };
  return { kind: 'reuse' };
}

/**
 * Whether a token first used at `firstUsedAt` is within its grace. The distance counts either way: a
 * transaction that waited for the row reads a `now` from before the use it lost to, while a date far ahead (a
 * clock that was set back since) must not extend the window.
 */
function isWithin(graceSeconds: number, firstUsedAt: Date | null, now: Date): boolean {
  return firstUsedAt !== null && Math.abs(secondsBetween(firstUsedAt, now)) <= graceSeconds;
}

function ended(endedAt: Date, reason: SessionEndReason | null): RefreshDecision {
  if (reason === null) throw new Error('a session has ended without a reason');
  return { kind: 'ended', reason, endedAt };
}

function secondsBetween(from: Date, to: Date): number {
  return (to.getTime() - from.getTime()) / 1000;
}
