import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { Digest } from '../../core/digest.ts';
import { RateLimitedError } from '../../core/errors.ts';
import { eventBy } from '../../core/events.ts';
import type { UserId } from '../../core/ids.ts';
import { addressBucket } from '../../core/ip-address.ts';
import type { Counters, EventLog, Logger } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Charge, LimitName, RateLimiter, RateLimitTable } from '../../core/rate-limits.ts';

/** Subjects of which it is remembered that they were reported, and that hold a part of a limit. */
const MAX_SUBJECTS = 50_000;

/** How long a part of a limit may be used after it was charged, in seconds. */
const LEASE_SECONDS = 1;

/** The largest part of a limit that an instance takes at once: one in so many. */
const LARGEST_LEASE = 50;

interface Dependencies {
  readonly limiter: RateLimiter;
  /** Null: no limits. */
  readonly table: RateLimitTable;
  readonly digest: Digest;
  readonly events: EventLog;
  readonly counters: Counters;
  readonly logger: Logger;
}

/** A limit that an operation uses, by the caller's address or by a subject of its own. */
type LimitUse = ByAddress | BySubject;

type ByAddress = Extract<LimitName, `${string}.address`>;

interface BySubject {
  readonly limit: Exclude<LimitName, ByAddress>;
  /** An id or, for limits by identifier, what was typed. */
  readonly subject: string;
}

/** A part of a limit that is charged already. */
interface Lease {
  readonly size: number;
  left: number;
  readonly expiresAtMs: number;
}

/**
 * Applies rate limits. Use cases call it, once for each field that is executed: aliases, batches and other transports gain
 * nothing.
 */
export class RateLimits {
  readonly #deps: Dependencies;
  readonly #reported = new LRUCache<string, true>(atMost(MAX_SUBJECTS));
  readonly #leases = new LRUCache<string, Lease>(atMost(MAX_SUBJECTS));
  readonly #leasing = new Map<string, Promise<void>>();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * Uses every limit `cost` times or, if one is exceeded, none.
   *
   * @throws {RateLimitedError} with the longest wait.
   */
  async spend(origin: Origin, uses: readonly LimitUse[], cost = 1): Promise<void> {
    const { table, limiter } = this.#deps;
    if (table === null) return;
    const named = uses.map((use) => this.#named(origin, use));
    const charges = named.map(({ name, key }): Charge => ({ key, limit: table[name], cost }));
    const refusal = await limiter.charge(charges);
    if (refusal === null) return;
    const refused = named[refusal.refused];
    if (refused !== undefined) this.#report(origin, refused, table[refused.name].windowSeconds);
    throw new RateLimitedError(refusal.retryAfterSeconds);
  }

  /**
   * As `spend`, for operations that are much faster than the limiter. Takes parts of the limit, larger ones while they are used
   * up; a part that is not used within a second is lost. Without a wait if a part is left.
   *
   * @throws {RateLimitedError}
   */
  async spendLeased(origin: Origin, use: LimitUse): Promise<void> {
    const { table } = this.#deps;
    if (table === null) return;
    const { name, key, subject } = this.#named(origin, use);
    for (;;) {
      const lease = this.#leases.get(key);
      if (lease !== undefined && lease.left > 0 && performance.now() < lease.expiresAtMs) {
        lease.left -= 1;
        return;
      }
      const leasing =
        this.#leasing.get(key) ??
        this.#lease(origin, { name, key, subject }, lease).finally(() => this.#leasing.delete(key));
      this.#leasing.set(key, leasing);
      await leasing;
    }
  }

  async #lease(origin: Origin, named: Named, last: Lease | undefined): Promise<void> {
    const { table, limiter } = this.#deps;
    if (table === null) return;
    const { limit, windowSeconds } = table[named.name];
    const largest = Math.max(1, Math.floor(limit / LARGEST_LEASE));
    const startedAt = performance.now();
    const usedUp = last !== undefined && last.left === 0 && startedAt < last.expiresAtMs;
    // Near the limit a single use may be left.
    for (const size of new Set([usedUp ? Math.min(2 * last.size, largest) : 1, 1])) {
      // The window is longer by the time for which the part may be used.
      const extended = { limit, windowSeconds: windowSeconds + LEASE_SECONDS };
      const refusal = await limiter.charge([{ key: named.key, limit: extended, cost: size }]);
      if (refusal === null) {
        this.#leases.set(named.key, { size, left: size, expiresAtMs: startedAt + LEASE_SECONDS * 1_000 });
        return;
      }
      if (size > 1) continue;
      this.#report(origin, named, windowSeconds);
      throw new RateLimitedError(refusal.retryAfterSeconds);
    }
  }

  #named(origin: Origin, use: LimitUse): Named {
    const name = typeof use === 'string' ? use : use.limit;
    const subject =
      typeof use === 'string'
        ? // Of a connection that has closed; all of them share one limit.
          addressBucket(origin.ipAddress ?? 'unknown')
        : name.endsWith('.identifier')
          ? // Identifiers are personal data, and some are passwords, entered by mistake.
            this.#deps.digest('identifier', use.subject)
          : use.subject;
    return { name, subject, key: `${name}:${subject}` };
  }

  /** Once per subject and window: in the log, in the audit log, and as a count of all refusals. */
  #report(origin: Origin, { name, subject, key }: Named, windowSeconds: number): void {
    const { counters, events, logger } = this.#deps;
    counters.increment(`rate_limit.${name}`);
    if (this.#reported.has(key)) return;
    this.#reported.set(key, true, { ttl: windowSeconds * 1_000 });
    const hint = name.endsWith('.address')
      ? '. If many clients have this address, TRUSTED_PROXIES or RATE_LIMITS needs a change'
      : '';
    logger.warn({ limit: name, subject, requestId: origin.requestId }, `a rate limit is exceeded${hint}`);
    const userId = name.endsWith('.user') ? (subject as UserId) : null;
    const facts = { limit: name, subject };
    events.countRefusal(eventBy({ userId: null, origin }, 'rate_limit.exceeded', facts, userId));
  }
}

interface Named {
  readonly name: LimitName;
  readonly subject: string;
  readonly key: string;
}
