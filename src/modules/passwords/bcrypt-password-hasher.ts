import { type Clock, systemClock } from '../../core/clock.ts';
import type { HashingTurn, Logger, PasswordHasher } from '../../core/ports.ts';
import type { SecretRing } from '../../core/secret-ring.ts';
import { decoyHash, formatStoredHash, parseStoredHash, preHash } from './password-hash.ts';
import { normalizePassword } from './password-policy.ts';

/**
 * Computes bcrypt off the event loop. Both methods throw `OverloadedError` where the wait would be too long.
 */
export interface BcryptPool {
  hash(input: string, cost: number, turn: HashingTurn): Promise<string>;
  /** A mismatch costs the work of `leastCost`, even if `hash` has a lower cost. */
  compare(input: string, hash: string, leastCost: number, turn: HashingTurn): Promise<boolean>;
}

export interface PasswordHasherOptions {
  readonly peppers: SecretRing;
  /** bcrypt cost of new hashes; each step doubles the work. Hashes of a lower cost are outdated. */
  readonly cost: number;
  readonly pool: BcryptPool;
  readonly logger: Logger;
  readonly clock?: Clock;
}

/**
 * Hashes passwords with bcrypt and a pepper. Every failed comparison costs the same work, whether the user does not
 * exist, the hash is unusable or its cost is lower: otherwise response times reveal which accounts exist
 * (CVE-2016-2513).
 */
export function createPasswordHasher(options: PasswordHasherOptions): PasswordHasher {
  const { peppers, cost, pool } = options;
  const decoy: Comparison = {
    input: preHash('', peppers.current.secret),
    bcrypt: decoyHash(cost),
    outdated: false,
  };
  const reportUnusable = unusableHashReporter(options.logger, options.clock ?? systemClock);

  function comparisonOf(password: string, storedHash: string): Comparison | null {
    const normalized = normalizePassword(password);
    if (normalized === null) return null;
    const stored = parseStoredHash(storedHash);
    if (stored === null) return reportUnusable({ reason: 'malformed' });
    // Not normalised: the system that an imported hash comes from most likely did not normalise.
    if (stored.kind === 'plain') return { input: password, bcrypt: stored.bcrypt, outdated: true };

    const pepper = peppers.find(stored.pepperId);
    if (pepper === undefined) return reportUnusable({ reason: 'unknown pepper', pepperId: stored.pepperId });
    const outdated = pepper.id !== peppers.current.id || stored.cost < cost;
    return { input: preHash(normalized, pepper.secret), bcrypt: stored.bcrypt, outdated };
  }

  return {
    async hash(password, turn) {
      const normalized = normalizePassword(password);
      if (normalized === null) throw new TypeError('a password with lone surrogates cannot be hashed');
      const { id: pepperId, secret } = peppers.current;
      return formatStoredHash({ pepperId, bcrypt: await pool.hash(preHash(normalized, secret), cost, turn) });
    },

    async verify(password, storedHash, turn) {
      const comparison = (storedHash === null ? null : comparisonOf(password, storedHash)) ?? decoy;
      const same = await pool.compare(comparison.input, comparison.bcrypt, cost, turn);
      const matches = same && comparison !== decoy;
      return { matches, outdated: matches && comparison.outdated };
    },
  };
}

/** The input and hash to compare; `outdated` if a match should be rehashed. */
interface Comparison {
  readonly input: string;
  readonly bcrypt: string;
  readonly outdated: boolean;
}

/**
 * Tells the operator of hashes that nothing can match, at most once a minute: attempts to sign in must not
 * fill the log.
 */
function unusableHashReporter(logger: Logger, clock: Clock): (fields: object) => null {
  let silentUntil = 0;
  return (fields) => {
    const now = clock.now().getTime();
    if (now >= silentUntil) {
      silentUntil = now + 60_000;
      logger.error(
        fields,
        'A stored password hash is unusable. A secret may be missing from PASSWORD_PEPPER.',
      );
    }
    return null;
  };
}
