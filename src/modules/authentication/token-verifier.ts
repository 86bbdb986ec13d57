import { type EventData, eventBy } from '../../core/events.ts';
import type { EventLog } from '../../core/ports.ts';
import type { CredentialId, KnownPrincipal, Origin } from '../../core/principal.ts';

/** Verifies one kind of token. */
export interface TokenVerifier {
  /** Whether a token has the format of this kind. */
  recognises(token: string): boolean;
  /**
   * Verifies a token, and writes nothing. `audiences`: for whom it may be, if not for us.
   *
   * @throws {UnavailableError}
   */
  verify(token: string, audiences?: readonly string[]): Promise<Verification>;
}

/** What a token tells about its sender. */
export interface Authenticated {
  /** Null for a token that is malformed, expired, revoked or unknown. */
  readonly principal: KnownPrincipal | null;
  /**
   * What a genuine token stands for, also one that has ended, which entitles to nothing: a repeat of
   * the request that ended it is known by it.
   */
  readonly credentialId: CredentialId | null;
}

/** What introspection tells of a valid token besides its principal. */
export interface TokenFacts {
  /** Null for a personal access token, which names none: ours. */
  readonly audience: string | null;
  readonly issuedAt: Date;
  /** Null for tokens without roles. */
  readonly roles: readonly string[] | null;
}

/** The result of verifying a token. */
export interface Verification extends Authenticated {
  /** Null for an invalid token. */
  readonly facts: TokenFacts | null;
  /**
   * Records that a request presented the token. What it writes is not on the request's path.
   *
   * @throws {RateLimitedError} if the token makes too many requests.
   */
  observe(origin: Origin): void | Promise<void>;
}

/** An invalid token of which nothing is recorded. */
export const refused = (credentialId: CredentialId | null): Verification => ({
  principal: null,
  facts: null,
  credentialId,
  observe: () => undefined,
});

/** An invalid token. A request that presents it is recorded as a refusal. */
export function refusedFor(
  events: EventLog,
  facts: EventData['credential.refused'],
  credentialId: CredentialId | null = null,
): Verification {
  return {
    principal: null,
    facts: null,
    credentialId,
    // Whoever presents it is not known to be its owner.
    observe: (origin) => events.countRefusal(eventBy({ userId: null, origin }, 'credential.refused', facts)),
  };
}
