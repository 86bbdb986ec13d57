import { type CryptoKey, importJWK, type JWK } from 'jose';
import { type Fetch, fetchJson } from './http.ts';
import { CircuitBreaker, type VerifierUnavailableError } from './outage.ts';

/** Keys are fetched again, beside the requests, when they are older than this, in milliseconds. */
const REFRESH_AFTER_MS = 240_000;

/** An unknown key costs one fetch in so many milliseconds. */
const UNKNOWN_KEY_MS = 30_000;

/** One that the issuer says it has costs one in so many. */
const ANNOUNCED_KEY_MS = 1_000;

/** Where the keys are other than the issuer says, they are fetched again after so long, in milliseconds, then twice as long, … */
const MISMATCH_MS = 200;
const LONGEST_MISMATCH_MS = 30_000;

const ALGORITHMS = ['ES256', 'RS256', 'EdDSA'];

/** A key that verifies, with the one algorithm for which it is. */
export interface VerificationKey {
  readonly alg: string;
  readonly key: CryptoKey;
}

interface Options {
  readonly url: URL;
  readonly fetch: Fetch;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
}

/** The public keys of the issuer (RFC 7517), cached. While it is away, those that are known go on to verify. */
export class KeySet {
  readonly #options: Options;
  readonly #breaker: CircuitBreaker;
  #keys: ReadonlyMap<string, VerificationKey> = new Map();
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Why the last attempt failed. */
  #failure: VerifierUnavailableError | null = null;
  /** What the issuer says that it has, and how often the keys were other than that. */
  #announced: readonly string[] = [];
  #mismatches = 0;
  #fetching: Promise<void> | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#breaker = new CircuitBreaker(options.now);
  }

  /**
   * The key of this id; null if the issuer has none.
   *
   * @throws {VerifierUnavailableError} if that cannot be told.
   */
  async find(kid: string): Promise<VerificationKey | null> {
    const { now } = this.#options;
    if (this.#fetchedAt === Number.NEGATIVE_INFINITY) await this.#fetch();
    else if (now() - this.#fetchedAt > REFRESH_AFTER_MS && now() - this.#triedAt > ANNOUNCED_KEY_MS)
      this.#fetch().catch(() => undefined);
    const known = this.#keys.get(kid);
    if (known !== undefined) return known;
    const spared = this.#announced.includes(kid) ? ANNOUNCED_KEY_MS : UNKNOWN_KEY_MS;
    if (this.#fetching !== null || now() - this.#triedAt >= spared) await this.#fetch();
    else if (this.#failure !== null) throw this.#failure;
    return this.#keys.get(kid) ?? null;
  }

  /** Forgets keys that are not among these, which the issuer says it has, and fetches those that are missing. */
  noteKeys(kids: readonly string[]): void {
    if (this.#fetchedAt === Number.NEGATIVE_INFINITY) return;
    this.#keys = new Map([...this.#keys].filter(([kid]) => kids.includes(kid)));
    const isNews = kids.join() !== this.#announced.join();
    this.#announced = kids;
    const isComplete = kids.every((kid) => this.#keys.has(kid));
    if (isNews || isComplete) this.#mismatches = 0;
    if (isComplete) return;
    const pause = Math.min(MISMATCH_MS * 2 ** this.#mismatches, LONGEST_MISMATCH_MS);
    if (this.#options.now() - this.#triedAt < pause) return;
    this.#mismatches += 1;
    this.#fetch().catch(() => undefined);
  }

  /** One fetch at a time. */
  #fetch(): Promise<void> {
    const { url, fetch, now } = this.#options;
    this.#fetching ??= this.#breaker
      .run('fetching the keys', async () => {
        const startedAt = now();
        this.#triedAt = startedAt;
        const { json } = await fetchJson(fetch, url, { headers: { 'cache-control': 'no-cache' } });
        this.#keys = await parseKeys(json['keys']);
        this.#fetchedAt = startedAt;
        this.#failure = null;
      })
      .catch((error: VerifierUnavailableError) => {
        this.#failure = error;
        throw error;
      })
      .finally(() => {
        this.#fetching = null;
      });
    return this.#fetching;
  }
}

/** Keys of other types, and those that cannot be read, are left out. @throws {Error} if there is no list. */
async function parseKeys(list: unknown): Promise<ReadonlyMap<string, VerificationKey>> {
  if (!Array.isArray(list)) throw new Error('the answer is no key set');
  const keys = new Map<string, VerificationKey>();
  for (const jwk of list as readonly JWK[]) {
    if (typeof jwk?.kid !== 'string' || typeof jwk.alg !== 'string' || !ALGORITHMS.includes(jwk.alg))
      continue;
    const key = await importJWK(jwk, jwk.alg).catch(() => null);
    if (key !== null && !(key instanceof Uint8Array)) keys.set(jwk.kid, { alg: jwk.alg, key });
  }
  return keys;
}
