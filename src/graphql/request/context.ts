import type { GraphQLResolveInfo } from 'graphql';
import type { ClientRequest } from '../../core/client-request.ts';
import { unauthenticated } from '../../core/errors.ts';
import type { Idempotency } from '../../core/idempotency.ts';
import {
  anonymous,
  type Caller,
  type CredentialId,
  credentialIdOf,
  type Origin,
  type Principal,
} from '../../core/principal.ts';
import { limits } from '../operations/limits.ts';
import type { Loaders } from './loaders.ts';
import type { Refusals } from './refusals.ts';
import { repeatableOf } from './repeatable.ts';

/** Result of authenticating the request. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'accepted'; readonly principal: Principal }
  /** `credentialId`: what it stood for, if it is genuine and has ended. */
  | { readonly kind: 'refused'; readonly credentialId: CredentialId | null }
  /**
   * Verification failed, because the database is down or the token makes too many requests. Operations that need a caller
   * throw `reason`.
   */
  | { readonly kind: 'unverified'; readonly reason: unknown };

/** By which a client makes the repeats of a request known. */
export type IdempotencyKey =
  | { readonly kind: 'none' }
  | { readonly kind: 'key'; readonly key: string }
  | { readonly kind: 'malformed' };

/** A cookie of a browser that holds a token. */
export interface TokenCookie {
  /** The token in the request's cookie, or null. */
  read(): string | null;
  write(token: string, expiresAt: Date): void;
  clear(): void;
}

/** For transports that cannot set cookies. */
export const noCookie: TokenCookie = {
  read: () => null,
  write: () => undefined,
  clear: () => undefined,
};

/** Size of the response so far: characters (an estimate, without escapes) and errors. */
export class AnswerSize {
  #length = 0;
  #errors = 0;

  get exceeded(): boolean {
    return this.#length > limits.answerLength;
  }

  add(length: number): void {
    this.#length += length;
  }

  /** Counts an error and returns the total. */
  countError(): number {
    this.#errors += 1;
    return this.#errors;
  }

  reset(): void {
    this.#length = 0;
    this.#errors = 0;
  }
}

/** Context of one operation, shared by its resolvers. */
export class GraphQLContext {
  readonly answerSize = new AnswerSize();
  readonly origin: Origin;
  readonly credential: Credential;
  readonly refreshCookie: TokenCookie;
  readonly deviceCookie: TokenCookie;
  readonly idempotencyKey: IdempotencyKey;
  readonly idempotency: Idempotency;
  readonly loaders: Loaders;
  readonly refusals: Refusals;
  /** Undefined for subscriptions over WebSocket, which are no requests of their own. */
  readonly request: ClientRequest | undefined;
  /**
   * Seconds after which to repeat the request, if anything in it was refused for now. Public, since Apollo Server copies the
   * context without private fields.
   */
  retryAfterSeconds: number | null = null;

  constructor(
    parts: Pick<
      GraphQLContext,
      | 'origin'
      | 'credential'
      | 'refreshCookie'
      | 'deviceCookie'
      | 'idempotencyKey'
      | 'idempotency'
      | 'loaders'
      | 'refusals'
    > &
      Partial<Pick<GraphQLContext, 'request'>>,
  ) {
    this.origin = parts.origin;
    this.credential = parts.credential;
    this.refreshCookie = parts.refreshCookie;
    this.deviceCookie = parts.deviceCookie;
    this.idempotencyKey = parts.idempotencyKey;
    this.idempotency = parts.idempotency;
    this.loaders = parts.loaders;
    this.refusals = parts.refusals;
    this.request = parts.request;
  }

  /** Notes that something was refused for so many seconds, and keeps the longest. */
  retryAfter(seconds: number): void {
    this.retryAfterSeconds = Math.max(seconds, this.retryAfterSeconds ?? 0);
  }

  /**
   * The caller. An invalid credential is an error, not an anonymous caller: its sender believes to be signed in.
   *
   * @throws {PublicError} UNAUTHENTICATED if the credential is invalid.
   */
  get caller(): Caller {
    const { credential, origin, request } = this;
    if (credential.kind === 'unverified') throw credential.reason;
    if (credential.kind === 'refused')
      throw unauthenticated('The credential is invalid, expired or revoked.');
    return { principal: credential.kind === 'accepted' ? credential.principal : anonymous, origin, request };
  }

  /** Anonymous whatever the Authorization header says: an expired token must not prevent signing in. */
  get anyone(): Caller {
    const { origin, request } = this;
    return { principal: anonymous, origin, request };
  }

  /** For `logout`: the caller if the credential is valid, else anonymous. */
  get callerIfAny(): Caller {
    return this.credential.kind === 'accepted' ? this.caller : this.anyone;
  }

  /** What the request's token stands for, or stood for; null without a genuine token. */
  get credentialId(): CredentialId | null {
    const { credential } = this;
    if (credential.kind === 'accepted') return credentialIdOf(credential.principal);
    return credential.kind === 'refused' ? credential.credentialId : null;
  }

  /**
   * Performs the mutation that is being resolved once, if the client gave a key: a repeat by the same credential gets the outcome of
   * the first, also after the credential has ended. So ask for `caller` before, unless it may be `work` that ends it.
   */
  once<Outcome>(info: GraphQLResolveInfo, work: () => Promise<Outcome>): Promise<Outcome> {
    return this.onceBy(this.credentialId, info, work);
  }

  /**
   * As `once`, where the Authorization header is ignored: `proof`, or else a secret among the arguments, shows that a repeat has the
   * same sender. `restore` makes the outcome of what was kept.
   */
  onceBy<Outcome>(
    proof: string | null,
    info: GraphQLResolveInfo,
    work: () => Promise<Outcome>,
    restore?: (kept: never) => Promise<Outcome>,
  ): Promise<Outcome> {
    const { idempotency, idempotencyKey } = this;
    if (idempotencyKey.kind !== 'key') return work();
    return idempotency.once(repeatableOf(info, idempotencyKey.key, proof), work, restore);
  }
}
