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
  /** Of the request that made the current generation; null where it had none, or it is not known. */
  readonly rotatedUserAgent: string | null;
  /** Times of the last late repeats, oldest first; the newest `MAX_LATE_REPEATS` at least. */
  readonly lateRepeatedAt: readonly Date[];
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: SessionEndReason | null;
  /** Read together with the row: replicas whose clocks disagree still decide alike. */
  readonly now: Date;
}

/** Late repeats accepted within 24 hours. The store keeps the times of so many. */
export const MAX_LATE_REPEATS = 3;

const DAY_SECONDS = 86_400;

export interface RefreshLimits {
  /** For how long a token may be used again after its first use. 0 is strict: never. */
  readonly graceSeconds: number;
  readonly idleTimeoutSeconds: number;
}

/** A refresh token as it was presented. */
export interface PresentedToken {
  readonly generation: number;
  readonly genuine: boolean;
  readonly userAgent: string | null;
}

/**
 * Why the previous token works once more: within its grace, or `late`, since its successor has shown no sign of life and the
 * reply may have been lost; `late_again`, since that was so before.
 */
export type RepeatCause = 'in_grace' | 'late' | 'late_again';

export type ReuseCause =
  /** There is no grace: `graceSeconds` is 0. */
  | 'strict'
  /** The successor was used: its holder had the reply. */
  | 'successor_used'
  /** Two generations old, or more. */
  | 'older_generation'
  /** A late repeat from another user agent than that which used the token first. */
  | 'other_user_agent'
  /** One late repeat too many within a day. */
  | 'too_many_late_repeats';

/** What becomes of a refresh. Only `advance` and `repeat` give tokens; only `reuse` ends the session. */
export type RefreshDecision =
  /** The current token: make the next generation. */
  | { readonly kind: 'advance' }
  /** The one before, honestly used again: give the same successor, `generation`, once more. */
  | { readonly kind: 'repeat'; readonly cause: RepeatCause; readonly generation: number }
  /** Genuine but old: two parties hold these tokens, and either may be the thief (RFC 9700 §4.14.2). */
  | { readonly kind: 'reuse'; readonly cause: ReuseCause }
  /** Two generations old but overtaken in flight: refuse it, keep the session. */
  | { readonly kind: 'straggler' }
  /** Newer than the row, which a restored backup or a failover has set back: refuse it, keep the session. */
  | { readonly kind: 'ahead' }
  /** Not made with this session's salt: refuse it, keep the session. It has our tag, so the secret may have leaked. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'ended'; readonly reason: SessionEndReason; readonly endedAt: Date }
  | { readonly kind: 'idle' }
  | { readonly kind: 'expired' };

/**
 * Decides what a presented refresh token is worth. The grace in which it may be used again begins
 * with its first use and never slides, or a thief could hold it open by refreshing.
 *
 * @throws {Error} when the row says that the session ended, but not why.
 */
export function decideRefresh(
  presented: PresentedToken,
  state: RefreshState,
  limits: RefreshLimits,
): RefreshDecision {
  if (!presented.genuine) return { kind: 'forged' };
  if (state.endedAt !== null) return ended(state.endedAt, state.endReason);
  if (state.now >= state.expiresAt) return { kind: 'expired' };
  if (secondsBetween(state.lastActiveAt, state.now) >= limits.idleTimeoutSeconds) return { kind: 'idle' };
  return decideGeneration(presented, state, limits.graceSeconds);
}

function decideGeneration(
  presented: PresentedToken,
  state: RefreshState,
  graceSeconds: number,
): RefreshDecision {
  const { generation, now } = state;
  const age = generation - presented.generation;
  if (age < 0) return { kind: 'ahead' };
  if (age === 0) return { kind: 'advance' };
  if (graceSeconds === 0) return reuse('strict');
  if (age === 1) return decidePrevious(presented, state, graceSeconds);
  const straggles = age === 2 && isWithin(graceSeconds, state.previousRotatedAt, now);
  return straggles ? { kind: 'straggler' } : reuse('older_generation');
}

/**
 * A client that lost our reply comes back with the old token, however much later. As long as nobody has used the new one
 * there is no second party to tell it from: to sign it out would punish a bad network. But a thief whose victim shows its
 * access token to other services only comes back each time as well: so late repeats must come from where the token was used
 * first, and be of few generations: a client that tries again and again to get one reply counts once.
 */
function decidePrevious(
  { userAgent }: PresentedToken,
  { generation, confirmedGeneration, rotatedAt, rotatedUserAgent, lateRepeatedAt, now }: RefreshState,
  graceSeconds: number,
): RefreshDecision {
  const repeat = (cause: RepeatCause) => ({ kind: 'repeat', cause, generation }) as const;
  if (isWithin(graceSeconds, rotatedAt, now)) return repeat('in_grace');
  if (confirmedGeneration >= generation) return reuse('successor_used');
  if (isOtherUserAgent(userAgent, rotatedUserAgent)) return reuse('other_user_agent');
  const last = lateRepeatedAt.at(-1);
  if (last !== undefined && rotatedAt !== null && last > rotatedAt) return repeat('late_again');
  const today = lateRepeatedAt.filter((at) => secondsBetween(at, now) < DAY_SECONDS);
  return today.length < MAX_LATE_REPEATS ? repeat('late') : reuse('too_many_late_repeats');
}

const reuse = (cause: ReuseCause): RefreshDecision => ({ kind: 'reuse', cause });

/** Versions aside: browsers update themselves. A first use whose user agent is not known tells nothing. */
function isOtherUserAgent(presented: string | null, first: string | null): boolean {
  return first !== null && withoutVersions(presented ?? '') !== withoutVersions(first);
}

function withoutVersions(userAgent: string): string {
  return userAgent.replace(/[\d._]+/g, '');
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
