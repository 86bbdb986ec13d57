import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { type Fetch, fetchJson, form } from './http.ts';
import { CircuitBreaker } from './outage.ts';

/** How long an answer is remembered, in milliseconds. */
const REMEMBERED_MS = 60_000;

/** Answers that are remembered. */
const CAPACITY = 10_000;

/** What was told of a personal access token. Null: it is not valid. */
export type Told =
  | { readonly kind: 'jwt'; readonly token: string }
  /** `askedAt`: as of when, in milliseconds since 1970. */
  | { readonly kind: 'claims'; readonly claims: JWTPayload; readonly askedAt: number }
  | null;

/** Asks the issuer about a personal access token. @throws if it does not answer. */
export type Ask = (token: string) => Promise<Told>;

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Exchanges it for a JWT (RFC 8693). */
export const byExchange =
  (url: URL, send: Fetch): Ask =>
  async (token) => {
    const fields = { grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN };
    const { status, json } = await fetchJson(send, url, form(fields), [200, 400]);
    if (status === 400) return null;
    if (typeof json['access_token'] !== 'string') throw new Error('the exchange answers no token');
    return { kind: 'jwt', token: json['access_token'] };
  };

/** Asks what it is (RFC 7662). */
export const byIntrospection =
  (url: URL, client: { readonly clientId: string; readonly clientSecret: string }, send: Fetch): Ask =>
  async (token) => {
    const askedAt = Date.now();
    const { json } = await fetchJson(send, url, form({ token }, client));
    return json['active'] === true ? { kind: 'claims', claims: json, askedAt } : null;
  };

interface Remembered {
  readonly told: Promise<Told>;
  readonly until: number;
}

/** Remembers for a minute what the issuer has told of personal access tokens, invalid ones too, and asks once at a time. */
export class OpaqueTokens {
  readonly #ask: Ask;
  readonly #breaker: CircuitBreaker;
  readonly #now: () => number;
  /** By digest, so that a memory dump holds no credential. In order of their end. */
  readonly #remembered = new Map<string, Remembered>();

  /** `now`: monotonic, in milliseconds. */
  constructor(ask: Ask, now: () => number) {
    this.#ask = ask;
    this.#breaker = new CircuitBreaker(now);
    this.#now = now;
  }

  /** What was told of a token must be asked again. */
  forget(token: string): void {
    this.#remembered.delete(digestOf(token));
  }

  /** @throws {VerifierUnavailableError} */
  resolve(token: string): Promise<Told> {
    const key = digestOf(token);
    const now = this.#now();
    for (const [oldest, { until }] of this.#remembered) {
      if (until > now && this.#remembered.size <= CAPACITY) break;
      this.#remembered.delete(oldest);
    }
    const known = this.#remembered.get(key);
    if (known !== undefined) return known.told;
    const told = this.#breaker.run('asking about a personal access token', () => this.#ask(token));
    this.#remembered.set(key, { told, until: now + REMEMBERED_MS });
    // A failure tells nothing of the token.
    told.catch(() => this.#remembered.delete(key));
    return told;
  }
}

const digestOf = (token: string) => createHash('sha256').update(token).digest('base64');
