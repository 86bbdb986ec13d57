import type { SessionEndReason } from './session-end-reason.ts';

/** The fields of a session that decide a refresh. All times are from the database's clock. */
export interface RefreshState {
  readonly generation: number;
  /** When the current generation was created, by the first use of the previous one. Null before the first refresh. */
  readonly rotatedAt: Date | null;
  /** When the previous generation was created. */
  readonly previousRotatedAt: Date | null;
  /** Newest generation known to have reached the client: by a refresh, or a request with its access token. */
  readonly confirmedGeneration: number;
  /** User agent of the request that created the current generation; null if absent or unknown. */
  readonly rotatedUserAgent: string | null;
  /** Times of late repeats, oldest first; at least the newest `MAX_LATE_REPEATS`. */
  readonly lateRepeatedAt: readonly Date[];
  readonly lastActiveAt: Date;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
  readonly endReason: SessionEndReason | null;
  /** Read with the row, so that replicas with different clocks decide alike. */
  readonly now: Date;
}

/** Late repeats accepted within 24 hours. The store keeps this many times. */
export const MAX_LATE_REPEATS = 3;

const DAY_SECONDS = 86_400;

export interface RefreshLimits {
  /** How long a token may be reused after its first use. 0 disables reuse. */
  readonly graceSeconds: number;
  readonly idleTimeoutSeconds: number;
}

/** A presented refresh token. */
export interface PresentedToken {
  readonly generation: number;
  readonly genuine: boolean;
  readonly userAgent: string | null;
  /** The earliest time at which its request may have arrived, by the database's clock. */
  readonly receivedAt: Date;
}

/**
 * Why the previous token is accepted again: `in_grace`; `late`, after the grace period, since its successor is unconfirmed and
 * the response may have been lost; `late_again`, a further late repeat of the same generation.
 */
export type RepeatCause = 'in_grace' | 'late' | 'late_again';

export type ReuseCause =
  /** `graceSeconds` is 0. */
  | 'strict'
  /** The successor was used, so the client had received it. */
  | 'successor_used'
  /** Two or more generations old. */
  | 'older_generation'
  /** A late repeat from a different user agent than the first use. */
  | 'other_user_agent'
  /** More than `MAX_LATE_REPEATS` late repeats within 24 hours. */
  | 'too_many_late_repeats';

/** The decision on a refresh. Only `advance`, `ahead` and `repeat` issue tokens; `reuse`, `idle` and `expired` end the session. */
export type RefreshDecision =
  /** The current token: create the next generation. */
  | { readonly kind: 'advance' }
  /** The previous token, used again legitimately: issue the current generation's tokens again. */
  | { readonly kind: 'repeat'; readonly cause: RepeatCause }
  /** Genuine but superseded: two parties hold these tokens, and either may be the attacker (RFC 9700 §4.14.2). */
  | { readonly kind: 'reuse'; readonly cause: ReuseCause }
  /** Superseded by requests that overtook its own: refuse it, keep the session. */
  | { readonly kind: 'straggler' }
  /**
   * Newer than the row, which a restored backup or a failover reverted: create the generation after it. It is genuine, and only
   * we make such tokens; its owner must not be signed out for what the database has lost.
   */
  | { readonly kind: 'ahead' }
  /** Not derived from this session's salt: refuse it, keep the session. Its tag is valid, so the secret may have leaked. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'ended'; readonly reason: SessionEndReason; readonly endedAt: Date }
  | { readonly kind: 'idle' }
  | { readonly kind: 'expired' };

/**
 * Decides the outcome of a presented refresh token. The grace period starts at its first use and never slides, or an
 * attacker could extend it by refreshing.
 *
 * @throws {Error} when the session has ended without a reason.
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
  const decision = decideGeneration(presented, state, limits.graceSeconds);
  const straggles = decision.kind === 'reuse' && wasOvertaken(presented, state, limits.graceSeconds);
  return straggles ? { kind: 'straggler' } : decision;
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
 * A client that lost the response presents the old token again, possibly much later. While the new token is unused there is no
 * evidence of a second party, so the session is kept. An attacker whose victim sends its access token only to other services
 * looks the same: late repeats must therefore come from the user agent of the first use, and are limited per day. Repeated
 * attempts to get one response count once.
 */
function decidePrevious(
  { userAgent }: PresentedToken,
  { generation, confirmedGeneration, rotatedAt, rotatedUserAgent, lateRepeatedAt, now }: RefreshState,
  graceSeconds: number,
): RefreshDecision {
  const repeat = (cause: RepeatCause) => ({ kind: 'repeat', cause }) as const;
  if (isWithin(graceSeconds, rotatedAt, now)) return repeat('in_grace');
  if (confirmedGeneration >= generation) return reuse('successor_used');
  if (isOtherUserAgent(userAgent, rotatedUserAgent)) return reuse('other_user_agent');
  const last = lateRepeatedAt.at(-1);
  if (last !== undefined && rotatedAt !== null && last > rotatedAt) return repeat('late_again');
  const today = lateRepeatedAt.filter((at) => secondsBetween(at, now) < DAY_SECONDS);
  return today.length < MAX_LATE_REPEATS ? repeat('late') : reuse('too_many_late_repeats');
}

/** Shorter waits do not count, in seconds: they are in the range of what is not known exactly about an arrival. */
const MIN_WAIT_SECONDS = 1;

/**
 * Whether the request of a superseded token may have arrived before the token was superseded, and has waited since, as in an
 * instance that was frozen. Its client gave up and refreshed elsewhere; it is no second party. Only waits beyond the grace
 * period count: a shorter one is no reason for a refusal, and a request that did not wait is judged by the other rules alone.
 */
function wasOvertaken(
  { generation: presented, receivedAt }: PresentedToken,
  { generation, rotatedAt, previousRotatedAt, now }: RefreshState,
  graceSeconds: number,
): boolean {
  if (secondsBetween(receivedAt, now) <= Math.max(graceSeconds, MIN_WAIT_SECONDS)) return false;
  // When a token older than the previous ones was superseded is not known; it was not later.
  const supersededAt = generation - presented === 1 ? rotatedAt : (previousRotatedAt ?? rotatedAt);
  return supersededAt !== null && receivedAt < supersededAt;
}

const reuse = (cause: ReuseCause): RefreshDecision => ({ kind: 'reuse', cause });

/** Ignores versions, since browsers update themselves, and an unknown first user agent. */
function isOtherUserAgent(presented: string | null, first: string | null): boolean {
  return first !== null && withoutVersions(presented ?? '') !== withoutVersions(first);
}

function withoutVersions(userAgent: string): string {
  return userAgent.replace(/[\d._]+/g, '');
}

/**
 * Whether a token first used at `firstUsedAt` is within its grace period. The distance is absolute: a transaction that waited
 * for the row reads a `now` before the use that it lost to, while a date far ahead (the clock was set back) must not extend
 * the period.
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
