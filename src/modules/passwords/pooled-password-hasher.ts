import { type Clock, systemClock } from '../../core/clock.ts';
import type { HashAlgorithm, HashScheme } from '../../core/hash-scheme.ts';
import type { HashingTurn, Logger, PasswordHasher } from '../../core/ports.ts';
import type { SecretRing } from '../../core/secret-ring.ts';
import {
  ARGON2ID,
  decoyHash,
  formatStoredHash,
  isOutdated,
  parseStoredHash,
  preHash,
  schemeOfNew,
} from './password-hash.ts';
import { normalizePassword } from './password-policy.ts';

/**
 * Computes hashes off the event loop. `hash` and `compare` throw `OverloadedError` where the wait would be too long.
 */
export interface HashPool {
  /** Jobs that wait for a thread. */
  readonly jobsWaiting: number;
  hash(input: string, scheme: HashScheme, turn: HashingTurn): Promise<string>;
  /** A mismatch costs the work of one hash of each scheme of `least`, that of `hash` included. */
  compare(input: string, hash: string, least: readonly HashScheme[], turn: HashingTurn): Promise<boolean>;
  computes(algorithm: HashAlgorithm): boolean;
}

interface Dependencies {
  readonly peppers: SecretRing;
  /** Algorithm of new hashes. Hashes of another are outdated. */
  readonly algorithm: HashAlgorithm;
  /** Cost of new bcrypt hashes. Hashes of a lower cost are outdated. */
  readonly cost: number;
  readonly pool: HashPool;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Hashes passwords with bcrypt or Argon2id, and a pepper. Every failed comparison costs the same work, whether the user does
 * not exist, the hash is unusable, its parameters are lower, or its algorithm is the other: otherwise response times reveal
 * which accounts exist (CVE-2016-2513).
 */
export class PooledPasswordHasher implements PasswordHasher {
  readonly #deps: Dependencies;
  readonly #scheme: HashScheme;
  readonly #decoy: Comparison;
  #silentUntil = 0;

  constructor(deps: Dependencies) {
    this.#deps = deps;
    this.#scheme = schemeOfNew(deps);
    this.#decoy = {
      input: preHash('', deps.peppers.current.secret),
      hash: decoyHash(this.#scheme),
      outdated: false,
    };
  }

  get isBusy(): boolean {
    return this.#deps.pool.jobsWaiting > 0;
  }

  async hash(password: string, turn: HashingTurn): Promise<string> {
    const { peppers, pool } = this.#deps;
    const normalized = normalizePassword(password);
    if (normalized === null) throw new TypeError('a password with lone surrogates cannot be hashed');
    const { id: pepperId, secret } = peppers.current;
    return formatStoredHash({
      pepperId,
      hash: await pool.hash(preHash(normalized, secret), this.#scheme, turn),
    });
  }

  async verify(
    password: string,
    storedHash: string | null,
    turn: HashingTurn,
  ): Promise<{ matches: boolean; outdated: boolean }> {
    const comparison = (storedHash === null ? null : this.#comparisonOf(password, storedHash)) ?? this.#decoy;
    const same = await this.#deps.pool.compare(comparison.input, comparison.hash, this.#least(), turn);
    const matches = same && comparison !== this.#decoy;
    return { matches, outdated: matches && comparison.outdated };
  }

  #comparisonOf(password: string, storedHash: string): Comparison | null {
    const { peppers, pool } = this.#deps;
    const normalized = normalizePassword(password);
    if (normalized === null) return null;
    const stored = parseStoredHash(storedHash);
    if (stored === null) return this.#reportUnusable({ reason: 'malformed' });
    if (!pool.computes(stored.scheme.kind)) return this.#reportUnusable({ reason: 'no @node-rs/argon2' });
    // Not normalised: the system that an imported hash comes from most likely did not normalise.
    if (stored.kind === 'plain') return { input: password, hash: stored.hash, outdated: true };

    const pepper = peppers.find(stored.pepperId);
    if (pepper === undefined)
      return this.#reportUnusable({ reason: 'unknown pepper', pepperId: stored.pepperId });
    const outdated = pepper.id !== peppers.current.id || isOutdated(stored.scheme, this.#scheme);
    return { input: preHash(normalized, pepper.secret), hash: stored.hash, outdated };
  }

  /**
   * The work of every mismatch: of each algorithm that can be computed, the configured one or not. Were it added only once
   * a hash of the other is met, the first such account would be the one at which all answers become slower.
   */
  #least(): HashScheme[] {
    const { pool, cost } = this.#deps;
    const bcrypt: HashScheme = { kind: 'bcrypt', cost };
    return pool.computes('argon2id') ? [bcrypt, ARGON2ID] : [bcrypt];
  }

  /** Logs a hash that nothing can match, at most once a minute: sign-in attempts must not fill the log. */
  #reportUnusable(fields: object): null {
    const { logger, clock = systemClock } = this.#deps;
    const now = clock.now().getTime();
    if (now >= this.#silentUntil) {
      this.#silentUntil = now + 60_000;
      logger.error(
        fields,
        'A stored password hash is unusable. A secret may be missing from PASSWORD_PEPPER, or @node-rs/argon2 on this platform.',
      );
    }
    return null;
  }
}

/** The input and hash to compare; `outdated` if a match should be rehashed. */
interface Comparison {
  readonly input: string;
  readonly hash: string;
  readonly outdated: boolean;
}
