import { OncePerMinute } from '../../core/once-per-minute.ts';
import type { EventLog, Logger } from '../../core/ports.ts';
import { credentialIdOf, type KnownPrincipal, type Origin } from '../../core/principal.ts';
import { refused, refusedFor, type TokenVerifier, type Verification } from '../authentication/index.ts';
import type { Revocations } from '../revocations/index.ts';
import { type AccessTokens, ISSUED_AHEAD } from './access-token.ts';
import type { AccessTokenClaims, ExchangedTokenClaims, SessionTokenClaims } from './access-token-claims.ts';

interface Dependencies {
  readonly accessTokens: AccessTokens;
  readonly revocations: Revocations;
  /** Record that a request presented a token of the kind. */
  readonly observers: {
    readonly session: (claims: SessionTokenClaims) => void;
    readonly personal_access_token: (claims: ExchangedTokenClaims, origin: Origin) => Promise<void>;
  };
  readonly events: EventLog;
  readonly logger: Logger;
}

/** Verifies access tokens without the database. */
export class AccessTokenVerifier implements TokenVerifier {
  readonly #deps: Dependencies;
  readonly #issuedAhead = new OncePerMinute();

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** Three segments make a JWT (RFC 7515 §7.1). */
  recognises(token: string): boolean {
    return token.split('.', 4).length === 3;
  }

  async verify(accessToken: string): Promise<Verification> {
    const { accessTokens, revocations, events } = this.#deps;
    const verified = accessTokens.verify(accessToken);
    if (verified.kind === 'invalid') {
      this.#report(verified.reason);
      return refusedFor(events, { credential: 'access_token', reason: 'invalid' });
    }
    const { claims } = verified;
    const notBefore = revocations.notBefore(claims.userId);
    const principal = principalOf(claims, notBefore);
    const credentialId = credentialIdOf(principal);
    // Routine: a client uses a token until it has expired, and then gets another one.
    if (verified.kind === 'expired') return refused(credentialId);
    if (revocations.has(credentialId) || (notBefore !== null && claims.issuedAt < notBefore))
      return this.#refused(principal);
    return { principal, credentialId, observe: (origin) => this.#observe(claims, origin) };
  }

  #refused(principal: KnownPrincipal): Verification {
    const { events } = this.#deps;
    const facts = { credential: 'access_token', reason: 'revoked', userId: principal.userId } as const;
    if (principal.kind === 'session') {
      const { sessionId } = principal;
      return refusedFor(events, { ...facts, sessionId }, sessionId);
    }
    const { personalAccessTokenId } = principal;
    return refusedFor(events, { ...facts, personalAccessTokenId }, personalAccessTokenId);
  }

  #observe(claims: AccessTokenClaims, origin: Origin): void | Promise<void> {
    const { observers } = this.#deps;
    return claims.kind === 'session'
      ? observers.session(claims)
      : observers.personal_access_token(claims, origin);
  }

  #report(reason: string): void {
    const { logger } = this.#deps;
    logger.debug({ reason }, 'an access token was refused');
    if (reason !== ISSUED_AHEAD) return;
    this.#issuedAhead.run((count) =>
      logger.warn({ count }, 'access tokens of another instance are dated ahead of time: its clock is wrong'),
    );
  }
}

function principalOf(claims: AccessTokenClaims, notBefore: Date | null): KnownPrincipal {
  const { userId, expiresAt } = claims;
  const common = { userId, expiresAt, scopes: new Set(claims.scopes), notBefore };
  return claims.kind === 'session'
    ? { kind: 'session', sessionId: claims.sessionId, ...common }
    : { kind: 'personal_access_token', personalAccessTokenId: claims.personalAccessTokenId, ...common };
}
