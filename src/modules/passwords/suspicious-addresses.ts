import type { Digest } from '../../core/digest.ts';
import { addressBucket } from '../../core/ip-address.ts';
import type { Origin } from '../../core/principal.ts';
import type { RateLimiter } from '../../core/rate-limits.ts';
import { normalizePassword } from './password-policy.ts';

const DAY_SECONDS = 86_400;

/** How long it is remembered that a password failed, in seconds. */
const SPRAY_SECONDS = 600;

/** Identifiers that fail with one password within that time. */
const SPRAY_IDENTIFIERS = 10;

/** From so many failing identifiers on, an address is judged by how many succeed. */
const RATIO_FROM = 5;
const FAILURES_PER_SUCCESS = 4;

interface Dependencies {
  readonly limiter: RateLimiter;
  readonly digest: Digest;
  /** Failing identifiers of an address within a day that make it suspicious. Null: none does. */
  readonly suspiciousFrom: number | null;
}

/** A sign-in, as it is counted. */
interface Login {
  readonly origin: Origin;
  readonly subject: string;
  readonly password: string;
}

/**
 * Recognises credential stuffing, by addresses from which many identifiers fail, and password spraying, by passwords that fail
 * with many identifiers (OWASP Credential Stuffing Prevention Cheat Sheet). An identifier that succeeds later does not count:
 * people mistype.
 */
export class SuspiciousAddresses {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Whether a sign-in looks like a part of an attack. */
  async isSuspicious({ origin, password }: Omit<Login, 'subject'>): Promise<boolean> {
    const { limiter, suspiciousFrom } = this.#deps;
    if (suspiciousFrom === null) return false;
    const [failing, succeeded, sprayed] = await Promise.all([
      limiter.countDistinct(failingKey(origin), null, DAY_SECONDS),
      limiter.countDistinct(succeededKey(origin), null, DAY_SECONDS),
      limiter.countDistinct(this.#sprayKey(password), null, SPRAY_SECONDS),
    ]);
    return (
      (failing >= suspiciousFrom && failing > succeeded) ||
      (failing >= RATIO_FROM && failing > FAILURES_PER_SUCCESS * succeeded) ||
      sprayed >= SPRAY_IDENTIFIERS
    );
  }

  async noteFailure({ origin, subject, password }: Login): Promise<void> {
    const { limiter, suspiciousFrom } = this.#deps;
    if (suspiciousFrom === null) return;
    const member = this.#memberOf(subject);
    await Promise.all([
      limiter.countDistinct(failingKey(origin), member, DAY_SECONDS),
      limiter.countDistinct(this.#sprayKey(password), member, SPRAY_SECONDS),
    ]);
  }

  async noteSuccess({ origin, subject }: Omit<Login, 'password'>): Promise<void> {
    const { limiter, suspiciousFrom } = this.#deps;
    if (suspiciousFrom === null) return;
    const member = this.#memberOf(subject);
    await Promise.all([
      limiter.forgetMember(failingKey(origin), member),
      limiter.countDistinct(succeededKey(origin), member, DAY_SECONDS),
    ]);
  }

  #memberOf(subject: string): string {
    return this.#deps.digest('identifier', subject);
  }

  #sprayKey(password: string): string {
    return `sprayed:${this.#deps.digest('sprayed password', normalizePassword(password) ?? password)}`;
  }
}

const failingKey = (origin: Origin) => `failing:${addressOf(origin)}`;
const succeededKey = (origin: Origin) => `succeeded:${addressOf(origin)}`;
const addressOf = ({ ipAddress }: Origin) => addressBucket(ipAddress ?? 'unknown');
