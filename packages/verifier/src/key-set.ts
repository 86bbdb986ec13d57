import { type CryptoKey, importJWK, type JWK } from 'jose';
import { type Fetch, fetchJson } from './http.ts';
import { CircuitBreaker } from './outage.ts';

/** Keys are fetched again, beside the requests, when they are older than this, in milliseconds. */
const REFRESH_AFTER_MS = 240_000;

/** An unknown key costs one fetch in so many milliseconds. */
const UNKNOWN_KEY_MS = 30_000;

/** Keys are fetched again at most once in so many milliseconds where they are said to have changed. */
const CHANGED_MS = 200;

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
  #fetching: Promise<void> | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#breaker = new CircuitBreaker(options.now);
  }

  /**
   * The key of this id; null if the issuer has none.
   *
   * @throws {VerifierUnavailableError} if no keys could be fetched yet.
   */
  async find(kid: string): Promise<VerificationKey | null> {
    const { now } = this.#options;
    if (this.#fetchedAt === Number.NEGATIVE_INFINITY) await this.#fetch();
    else if (now() - this.#fetchedAt > REFRESH_AFTER_MS && now() - this.#triedAt > CHANGED_MS)
      this.#fetch().catch(() => undefined);
    const known = this.#keys.get(kid);
    if (known !== undefined) return known;
    if (now() - this.#triedAt < UNKNOWN_KEY_MS) await this.#fetching?.catch(() => undefined);
    else await this.#fetch().catch(() => undefined);
    return this.#keys.get(kid) ?? null;
  }

  /** Fetches the keys again if they are other than these. */
  noteKeys(kids: readonly string[]): void {
    if (this.#fetchedAt === Number.NEGATIVE_INFINITY) return;
    const isSame = kids.length === this.#keys.size && kids.every((kid) => this.#keys.has(kid));
    if (isSame || this.#options.now() - this.#triedAt < CHANGED_MS) return;
    this.#fetch().catch(() => undefined);
  }

  /** One fetch at a time. */
  #fetch(): Promise<void> {
    const { url, fetch, now } = this.#options;
    this.#fetching ??= this.#breaker
      .run('fetching the keys', async () => {
        this.#triedAt = now();
        const startedAt = now();
        const { json } = await fetchJson(fetch, url);
        this.#keys = await parseKeys(json['keys']);
        this.#fetchedAt = startedAt;
      })
      .finally(() => {
        this.#fetching = null;
      });
    return this.#fetching;
  }
}

/** Keys of other types and uses are left out. @throws {Error} if there is no list. */
async function parseKeys(list: unknown): Promise<ReadonlyMap<string, VerificationKey>> {
  if (!Array.isArray(list)) throw new Error('the answer is no key set');
  const keys = new Map<string, VerificationKey>();
  for (const jwk of list as readonly JWK[]) {
    if (typeof jwk?.kid !== 'string' || typeof jwk.alg !== 'string' || !ALGORITHMS.includes(jwk.alg))
      continue;
    const key = await importJWK(jwk, jwk.alg);
    if (!(key instanceof Uint8Array)) keys.set(jwk.kid, { alg: jwk.alg, key });
  }
  return keys;
}
