import { type Clock, systemClock } from '../../core/clock.ts';
import type { HashingTurn, Logger, PasswordHasher } from '../../core/ports.ts';
import type { SecretRing } from '../../core/secret-ring.ts';
import { decoyHash, formatStoredHash, parseStoredHash, preHash } from './password-hash.ts';
import { normalizePassword } from './password-policy.ts';

/**
 * Computes bcrypt off the event loop. Both methods throw `OverloadedError` where the wait would be too long.
 */
export interface HashPool {
  /** Jobs that wait for a thread. */
  readonly jobsWaiting: number;
  hash(input: string, cost: number, turn: HashingTurn): Promise<string>;
  /** A mismatch costs the work of `leastCost`, even if `hash` has a lower cost. */
  compare(input: string, hash: string, leastCost: number, turn: HashingTurn): Promise<boolean>;
}

interface Dependencies {
  readonly peppers: SecretRing;
  /** bcrypt cost of new hashes; each step doubles the work. Hashes of a lower cost are outdated. */
  readonly cost: number;
  readonly pool: HashPool;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Hashes passwords with bcrypt and a pepper. Every failed comparison costs the same work, whether the user does not
 * exist, the hash is unusable or its cost is lower: otherwise response times reveal which accounts exist
 * (CVE-2016-2513).
 */
export class PooledPasswordHasher implements PasswordHasher {
  readonly #deps: Dependencies;
  readonly #decoy: Comparison;
  #silentUntil = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#decoy = {
      input: preHash('', deps.peppers.current.secret),
      bcrypt: decoyHash(deps.cost),
      outdated: false,
    };
  }

  get isBusy(): boolean {
    return this.#deps.pool.jobsWaiting > 0;
  }

  async hash(password: string, turn: HashingTurn): Promise<string> {
    const { peppers, cost, pool } = this.#deps;
    const normalized = normalizePassword(password);
    if (normalized === null) throw new TypeError('a password with lone surrogates cannot be hashed');
    const { id: pepperId, secret } = peppers.current;
    return formatStoredHash({ pepperId, bcrypt: await pool.hash(preHash(normalized, secret), cost, turn) });
  }

  async verify(
    password: string,
    storedHash: string | null,
    turn: HashingTurn,
  ): Promise<{ matches: boolean; outdated: boolean }> {
    const { pool, cost } = this.#deps;
    const comparison = (storedHash === null ? null : this.#comparisonOf(password, storedHash)) ?? this.#decoy;
    const same = await pool.compare(comparison.input, comparison.bcrypt, cost, turn);
    const matches = same && comparison !== this.#decoy;
    return { matches, outdated: matches && comparison.outdated };
  }

  #comparisonOf(password: string, storedHash: string): Comparison | null {
    const { peppers, cost } = this.#deps;
    const normalized = normalizePassword(password);
    if (normalized === null) return null;
    const stored = parseStoredHash(storedHash);
    if (stored === null) return this.#reportUnusable({ reason: 'malformed' });
    // Not normalised: the system that an imported hash comes from most likely did not normalise.
    if (stored.kind === 'plain') return { input: password, bcrypt: stored.bcrypt, outdated: true };

    const pepper = peppers.find(stored.pepperId);
    if (pepper === undefined)
      return this.#reportUnusable({ reason: 'unknown pepper', pepperId: stored.pepperId });
    const outdated = pepper.id !== peppers.current.id || stored.cost < cost;
    return { input: preHash(normalized, pepper.secret), bcrypt: stored.bcrypt, outdated };
  }

  /** Logs a hash that nothing can match, at most once a minute: sign-in attempts must not fill the log. */
  #reportUnusable(fields: object): null {
    const { logger, clock = systemClock } = this.#deps;
    const now = clock.now().getTime();
    if (now >= this.#silentUntil) {
      this.#silentUntil = now + 60_000;
      logger.error(
        fields,
        'A stored password hash is unusable. A secret may be missing from PASSWORD_PEPPER.',
      );
    }
    return null;
  }
}

/** The input and hash to compare; `outdated` if a match should be rehashed. */
interface Comparison {
  readonly input: string;
  readonly bcrypt: string;
  readonly outdated: boolean;
}
