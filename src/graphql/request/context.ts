import { unauthenticated } from '../../core/errors.ts';
import { anonymous, type Caller, type Origin, type Principal } from '../../core/principal.ts';
import { limits } from '../operations/limits.ts';
import type { Loaders } from './loaders.ts';
import type { Refusals } from './refusals.ts';

/** What became of the credential that a request brought. */
export type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'accepted'; readonly principal: Principal }
  | { readonly kind: 'refused' }
  /** It could not be found out: who needs it fails for that reason. */
  | { readonly kind: 'unverified'; readonly reason: unknown };

/** The cookie that carries a browser's refresh token. */
export interface RefreshCookie {
  /** The token that the request brought, or null. */
  read(): string | null;
  write(refreshToken: string, expiresAt: Date): void;
  clear(): void;
}

/** Where no cookie can travel. */
export const noRefreshCookie: RefreshCookie = {
  read: () => null,
  write: () => undefined,
  clear: () => undefined,
};

/** How much of an answer has been resolved so far: characters, estimated without escapes, and errors. */
export class AnswerSize {
  #length = 0;
  #errors = 0;

  get exceeded(): boolean {
    return this.#length > limits.answerLength;
  }

  add(length: number): void {
    this.#length += length;
  }

  /** Counts one error more, and says how many there are. */
  countError(): number {
    this.#errors += 1;
    return this.#errors;
  }

  reset(): void {
    this.#length = 0;
    this.#errors = 0;
  }
}

/** What the resolvers of one request share. */
export class GraphQLContext {
  readonly answerSize = new AnswerSize();
  readonly origin: Origin;
  readonly credential: Credential;
  readonly refreshCookie: RefreshCookie;
  readonly loaders: Loaders;
  readonly refusals: Refusals;

  constructor(
    parts: Pick<GraphQLContext, 'origin' | 'credential' | 'refreshCookie' | 'loaders' | 'refusals'>,
  ) {
    this.origin = parts.origin;
    this.credential = parts.credential;
    this.refreshCookie = parts.refreshCookie;
    this.loaders = parts.loaders;
    this.refusals = parts.refusals;
  }

  /**
   * Who calls. A bad credential is an error here and not the same as none: whoever sent it believes to be signed in.
   *
   * @throws {PublicError} UNAUTHENTICATED
   */
  get caller(): Caller {
    const { credential, origin } = this;
    if (credential.kind === 'unverified') throw credential.reason;
    if (credential.kind === 'refused') throw unauthenticated('The credential is not valid, or not any more.');
    return { principal: credential.kind === 'accepted' ? credential.principal : anonymous, origin };
  }

  /** For operations that anyone may call, whatever the Authorization header says: an expired token must not bar signing in. */
  get anyone(): Caller {
    return { principal: anonymous, origin: this.origin };
  }

  /** For `logout`: whom a good credential speaks for; a bad one is nobody's. */
  get callerIfAny(): Caller {
    return this.credential.kind === 'accepted' ? this.caller : this.anyone;
  }
}
