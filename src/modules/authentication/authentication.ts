import type { EventLog, Logger } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { RevocationFeed } from '../revocations/index.ts';
import { type Authenticated, refusedFor, type TokenVerifier, type Verification } from './token-verifier.ts';

interface Dependencies {
  /** The first that recognises a token decides. */
  readonly verifiers: readonly TokenVerifier[];
  readonly feed: Pick<RevocationFeed, 'isCurrent' | 'catchUp'>;
  readonly events: EventLog;
  readonly logger: Logger;
}

/** Authenticates by tokens of every kind. */
export class Authentication {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * What a token tells that a request presents. The request is recorded as a use.
   *
   * @throws {UnavailableError}
   * @throws {RateLimitedError} if the token makes too many requests.
   */
  async authenticate(token: string, origin: Origin): Promise<Authenticated> {
    const verification = await this.#verify(token);
    await verification.observe(origin);
    const { principal, credentialId } = verification;
    return { principal, credentialId };
  }

  /**
   * Verifies a token without recording a use: whoever asks about a token need not be its holder, and a use shows that the holder
   * has received it. `audiences`: for whom it may be, if not for us.
   *
   * @throws {UnavailableError}
   */
  verify(token: string, audiences?: readonly string[]): Promise<Omit<Verification, 'observe'>> {
    return this.#verify(token, audiences);
  }

  async #verify(token: string, audiences?: readonly string[]): Promise<Verification> {
    const verifier = this.#deps.verifiers.find((each) => each.recognises(token));
    if (verifier !== undefined) return this.#verifyWith(verifier, token, audiences);
    this.#deps.logger.debug({}, 'a token of an unknown kind was refused');
    return refusedFor(this.#deps.events, { credential: 'unknown', reason: 'invalid' });
  }

  /** Accepts a token only if its revocation would be known. The feed is asked first: it may catch up meanwhile. */
  async #verifyWith(
    verifier: TokenVerifier,
    token: string,
    audiences: readonly string[] | undefined,
  ): Promise<Verification> {
    const { feed } = this.#deps;
    const { isCurrent } = feed;
    const verification = await verifier.verify(token, audiences);
    if (isCurrent || verification.principal === null) return verification;
    await feed.catchUp();
    return verifier.verify(token, audiences);
  }
}
