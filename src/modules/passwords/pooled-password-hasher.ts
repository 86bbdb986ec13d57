import { type Clock, systemClock } from '../../core/clock.ts';
import type { HashAlgorithm, HashScheme } from '../../core/hash-scheme.ts';
import type { KeyDerivation } from '../../core/key-derivation.ts';
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
  /**
   * Of several inputs, each may be it. A mismatch costs the work of one hash of each scheme of `least`, that of `hash` included
   * unless it is a derivation.
   */
  compare(
    input: string | readonly string[],
    hash: string | KeyDerivation,
    least: readonly HashScheme[],
    turn: HashingTurn,
  ): Promise<boolean>;
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
 * which accounts exist (CVE-2016-2513). With an imported hash it costs more, if its parameters are higher or it is by another
 * algorithm: until their owners sign in, response times reveal such accounts.
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
      inputOf: () => preHash('', deps.peppers.current.secret),
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
    const [input = '', ...others] = spellingsOf(password).map(comparison.inputOf);
    const inputs = others.length === 0 ? input : [input, ...others];
    const same = await this.#deps.pool.compare(inputs, comparison.hash, this.#least(), turn);
    const matches = same && comparison !== this.#decoy;
    return { matches, outdated: matches && comparison.outdated };
  }

  #comparisonOf(password: string, storedHash: string): Comparison | null {
    const { peppers, pool } = this.#deps;
    const normalized = normalizePassword(password);
    if (normalized === null) return null;
    const stored = parseStoredHash(storedHash);
    if (stored === null) return this.#reportUnusable({ reason: 'malformed' });
    const algorithm = stored.kind === 'foreign' ? stored.algorithm : stored.scheme.kind;
    if (algorithm === 'argon2id' && !pool.computes(algorithm))
      return this.#reportUnusable({ reason: 'no @node-rs/argon2' });
    if (stored.kind === 'foreign') {
      const { hash, normalization } = stored;
      const inputOf = (spelling: string) =>
        normalization === null ? spelling : spelling.normalize(normalization);
      return { inputOf, hash, outdated: true };
    }

    const pepper = peppers.find(stored.pepperId);
    if (pepper === undefined)
      return this.#reportUnusable({ reason: 'unknown pepper', pepperId: stored.pepperId });
    const outdated = pepper.id !== peppers.current.id || isOutdated(stored.scheme, this.#scheme);
    return { inputOf: () => preHash(normalized, pepper.secret), hash: stored.hash, outdated };
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

/**
 * The password as given, since most systems do not normalise, and in NFC, since one that does, or another keyboard, may have
 * hashed that. Ours are of NFC only, but are compared as often: otherwise a decomposed password would tell imported accounts
 * from unknown ones.
 */
function spellingsOf(password: string): string[] {
  return [...new Set([password, password.normalize('NFC')])];
}

/** What is compared; `outdated` if a match should be rehashed. */
interface Comparison {
  /** What the hash is of, for each spelling of the password. */
  readonly inputOf: (spelling: string) => string;
  readonly hash: string | KeyDerivation;
  readonly outdated: boolean;
}
