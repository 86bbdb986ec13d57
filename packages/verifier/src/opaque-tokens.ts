import { createHash } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { type Fetch, fetchJson, form } from './http.ts';
import { CircuitBreaker } from './outage.ts';

/** How long an answer is remembered, in milliseconds. */
const REMEMBERED_MS = 60_000;

/** And one that may be out of date, in milliseconds. */
const SOON_MS = 250;

/** Answers that are remembered. */
const CAPACITY = 10_000;

/** What was told of a personal access token. */
export type Told =
  | { readonly kind: 'jwt'; readonly token: string }
  | { readonly kind: 'claims'; readonly claims: JWTPayload }
  | { readonly kind: 'invalid' }
  /** It makes too many requests. */
  | { readonly kind: 'limited'; readonly retryAfterSeconds: number };

/** `askedAt`: as of when it was told: monotonic, in milliseconds. */
export type Answer = Told & { readonly askedAt: number };

/** Asks the issuer about a personal access token. @throws if it does not answer. */
export type Ask = (token: string) => Promise<Told>;

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Exchanges it for a JWT (RFC 8693). */
export const byExchange =
  (url: URL, send: Fetch): Ask =>
  async (token) => {
    const fields = { grant_type: TOKEN_EXCHANGE, subject_token: token, subject_token_type: ACCESS_TOKEN };
    const { status, json, retryAfterSeconds } = await fetchJson(send, url, form(fields), [200, 400, 429]);
    if (status === 429) return { kind: 'limited', retryAfterSeconds };
    if (status === 400) return { kind: 'invalid' };
    if (typeof json['access_token'] !== 'string') throw new Error('the exchange answers no token');
    return { kind: 'jwt', token: json['access_token'] };
  };

/** Asks what it is (RFC 7662). */
export const byIntrospection =
  (url: URL, client: { readonly clientId: string; readonly clientSecret: string }, send: Fetch): Ask =>
  async (token) => {
    const { json } = await fetchJson(send, url, form({ token }, client));
    return json['active'] === true ? { kind: 'claims', claims: json } : { kind: 'invalid' };
  };

interface Remembered {
  readonly answer: Promise<Answer>;
  /** What it resolved with. */
  settled: Answer | null;
  until: number;
}

/** Remembers for a minute what the issuer has told of personal access tokens, invalid ones too, and asks once at a time. */
export class OpaqueTokens {
  readonly #ask: Ask;
  readonly #breaker: CircuitBreaker;
  readonly #now: () => number;
  /** By digest, so that a memory dump holds no credential. */
  readonly #remembered = new Map<string, Remembered>();

  /** `now`: monotonic, in milliseconds. */
  constructor(ask: Ask, now: () => number) {
    this.#ask = ask;
    this.#breaker = new CircuitBreaker(now);
    this.#now = now;
  }

  /** @throws {VerifierUnavailableError} */
  resolve(token: string): Promise<Answer> {
    const key = digestOf(token);
    const now = this.#now();
    const known = this.#remembered.get(key);
    if (known !== undefined && known.until > now) return known.answer;
    this.#remembered.delete(key);
    this.#makeRoom(now);
    const askedAt = this.#now();
    const answer = this.#breaker
      .run('asking about a personal access token', () => this.#ask(token))
      .then((told): Answer => ({ ...told, askedAt }));
    const entry: Remembered = { answer, settled: null, until: now + REMEMBERED_MS };
    this.#remembered.set(key, entry);
    answer.then(
      (settled) => {
        entry.settled = settled;
        if (settled.kind === 'limited')
          entry.until = this.#now() + Math.min(settled.retryAfterSeconds * 1_000, REMEMBERED_MS);
      },
      // A failure tells nothing of the token.
      () => this.#drop(key, entry),
    );
    return answer;
  }

  /** This answer about a token no longer counts: the next question asks again. */
  forget(token: string, answer: Answer): void {
    const key = digestOf(token);
    const entry = this.#remembered.get(key);
    if (entry?.settled === answer) this.#drop(key, entry);
  }

  /** As `forget`, a moment later, so that many requests at once are still one question. */
  forgetSoon(token: string, answer: Answer): void {
    const entry = this.#remembered.get(digestOf(token));
    if (entry?.settled === answer) entry.until = Math.min(entry.until, this.#now() + SOON_MS);
  }

  #drop(key: string, entry: Remembered): void {
    if (this.#remembered.get(key) === entry) this.#remembered.delete(key);
  }

  /** The oldest come first. */
  #makeRoom(now: number): void {
    for (const [key, { until }] of this.#remembered) {
      if (until > now && this.#remembered.size < CAPACITY) return;
      this.#remembered.delete(key);
    }
  }
}

const digestOf = (token: string) => createHash('sha256').update(token).digest('base64');
