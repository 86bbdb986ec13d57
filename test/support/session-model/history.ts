import type { SessionId } from '../../../src/core/ids.ts';
import type { SessionLimits } from '../../../src/modules/sessions/index.ts';
import type { SessionEndReason } from '../../../src/modules/sessions/session-end-reason.ts';

interface Tokens {
  readonly refreshToken: string;
  readonly accessToken: string;
}

/** The tokens of one generation, and what has become of them. */
interface Generation extends Tokens {
  /** When its refresh token was first used, in seconds of the model's clock; null: not yet. */
  firstUsedAt: number | null;
  /** The user agent that used its refresh token first. */
  usedBy: string | null;
  /** Has anyone shown to hold it, by refreshing or by a request? */
  seen: boolean;
}

/** What is to become of a refresh token that is presented: the session ends, unless it is one of the first four. */
export type Fate = 'advances' | 'repeats' | 'repeats late' | 'is refused' | SessionEndReason;

/** Late repeats that a session survives; it lives for an hour in the model, so all of them are of one day. */
export const LATE_REPEATS = 3;

/**
 * A session as someone would tell it who has watched everybody that holds its tokens. The rules of refreshing are stated
 * once more here, in terms of what happened and not of what a row has kept of it. Times are seconds of the model's clock.
 */
export class SessionHistory {
  readonly id: SessionId;
  readonly openedAt: number;
  readonly generations: Generation[];
  lastActiveAt: number;
  endReason: SessionEndReason | null = null;
  /** The newest generation whose tokens have reached the client that signed in. */
  held = 0;
  /** The generations whose successor was asked for once more after the grace. */
  readonly lateRepeats = new Set<number>();
  /** Has anyone else used its tokens? */
  stolen = false;

  constructor(id: SessionId, now: number, tokens: Tokens) {
    this.id = id;
    this.openedAt = now;
    this.lastActiveAt = now;
    this.generations = [{ ...tokens, firstUsedAt: null, usedBy: null, seen: true }];
  }

  get newest(): number {
    return this.generations.length - 1;
  }

  generation(index: number): Generation {
    const generation = this.generations[index];
    if (generation === undefined) throw new RangeError(`there is no generation ${index}`);
    return generation;
  }

  has(refreshToken: string): boolean {
    return this.generations.some((generation) => generation.refreshToken === refreshToken);
  }

  /** The current refresh token was used, and these are its successors. */
  advance(now: number, userAgent: string, tokens: Tokens): void {
    const used = this.generation(this.newest);
    used.firstUsedAt = now;
    used.usedBy = userAgent;
    used.seen = true;
    this.generations.push({ ...tokens, firstUsedAt: null, usedBy: null, seen: false });
    this.lastActiveAt = now;
  }

  /** The generation that is so many before the newest, or the first. */
  before(age: number): number {
    return Math.max(this.newest - age, 0);
  }

  /** Why the session is over, though nothing may have noticed yet; null while it is good. */
  over(now: number, limits: SessionLimits): SessionEndReason | null {
    if (this.endReason !== null) return this.endReason;
    if (now - this.openedAt >= limits.lifetimeSeconds) return 'EXPIRED';
    return now - this.lastActiveAt >= limits.idleTimeoutSeconds ? 'IDLE_TIMEOUT' : null;
  }

  /** `waited`: how many seconds ago its request arrived. */
  fateOf(index: number, now: number, waited: number, userAgent: string, limits: SessionLimits): Fate {
    const fate = this.#fateOf(index, now, userAgent, limits);
    const counts = waited > Math.max(limits.refreshGraceSeconds, 1);
    const overtaken = fate === 'TOKEN_REUSED' && this.endReason === null && counts;
    return overtaken && now - waited < this.#supersededAt(index) ? 'is refused' : fate;
  }

  /** When the token was first used, as far as a row can know: of old ones not before the last use but one. */
  #supersededAt(index: number): number {
    const { firstUsedAt } = this.generation(Math.max(index, this.newest - 2));
    if (firstUsedAt === null) throw new RangeError(`generation ${index} has not been used`);
    return firstUsedAt;
  }

  #fateOf(index: number, now: number, userAgent: string, limits: SessionLimits): Fate {
    const over = this.over(now, limits);
    if (over !== null) return over;
    const { firstUsedAt, usedBy } = this.generation(index);
    if (firstUsedAt === null) return 'advances';
    const inGraceOf = (time: number) => now - time <= limits.refreshGraceSeconds;
    const age = this.newest - index;
    if (age === 2 && inGraceOf(firstUsedAt)) return 'is refused';
    if (age > 1) return 'TOKEN_REUSED';
    if (inGraceOf(firstUsedAt)) return 'repeats';
    if (this.generation(this.newest).seen || usedBy !== userAgent) return 'TOKEN_REUSED';
    if (this.lateRepeats.has(index)) return 'repeats';
    return this.lateRepeats.size < LATE_REPEATS ? 'repeats late' : 'TOKEN_REUSED';
  }
}
