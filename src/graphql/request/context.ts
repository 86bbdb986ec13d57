import type { ClientRequest } from '../../core/client-request.ts';
import { unauthenticated } from '../../core/errors.ts';
import { anonymous, type Caller, type Origin, type Principal } from '../../core/principal.ts';
import { limits } from '../operations/limits.ts';
import type { Loaders } from './loaders.ts';
import type { Refusals } from './refusals.ts';

/** Result of authenticating the request. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'accepted'; readonly principal: Principal }
  | { readonly kind: 'refused' }
  /**
   * Verification failed, because the database is down or the token makes too many requests. Operations that need a caller
   * throw `reason`.
   */
  | { readonly kind: 'unverified'; readonly reason: unknown };

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
      'origin' | 'credential' | 'refreshCookie' | 'deviceCookie' | 'loaders' | 'refusals'
    > &
      Partial<Pick<GraphQLContext, 'request'>>,
  ) {
    this.origin = parts.origin;
    this.credential = parts.credential;
    this.refreshCookie = parts.refreshCookie;
    this.deviceCookie = parts.deviceCookie;
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
}
