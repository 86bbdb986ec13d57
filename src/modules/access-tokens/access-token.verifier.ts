import type { ServiceClientId, UserId } from '../../core/ids.ts';
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

  async verify(accessToken: string, audiences?: readonly string[]): Promise<Verification> {
    const { accessTokens, revocations, events } = this.#deps;
    const verified = accessTokens.verify(accessToken, audiences);
    if (verified.kind === 'invalid') {
      this.#report(verified.reason);
      return refusedFor(events, { credential: 'access_token', reason: 'invalid' });
    }
    const { claims } = verified;
    const principal = principalOf(claims, revocations);
    const credentialId = credentialIdOf(principal);
    // Routine: a client uses a token until it has expired, and then gets another one.
    if (verified.kind === 'expired') return refused(credentialId);
    if (this.#isRevoked(claims)) return this.#refused(principal);
    const { audience, issuedAt } = claims;
    const facts = { audience, issuedAt, roles: claims.kind === 'session' ? claims.roles : null };
    return { principal, credentialId, facts, observe: (origin) => this.#observe(claims, origin) };
  }

  /** Whether anything has ended that the token stands for, or that it was issued by. */
  #isRevoked(claims: AccessTokenClaims): boolean {
    const { revocations } = this.#deps;
    const isTooOld = (id: UserId | ServiceClientId) => {
      const notBefore = revocations.notBefore(id);
      return notBefore !== null && claims.issuedAt < notBefore;
    };
    switch (claims.kind) {
      case 'session':
        return revocations.has(claims.sessionId) || isTooOld(claims.userId);
      case 'personal_access_token':
        return revocations.has(claims.personalAccessTokenId) || isTooOld(claims.userId);
      case 'delegated':
        return revocations.has(claims.sessionId) || isTooOld(claims.userId) || isTooOld(claims.clientId);
      case 'service':
        return isTooOld(claims.clientId);
      default:
        return claims satisfies never;
    }
  }

  #refused(principal: KnownPrincipal): Verification {
    const { events } = this.#deps;
    const credentialId = credentialIdOf(principal);
    const facts = { credential: 'access_token', reason: 'revoked' } as const;
    switch (principal.kind) {
      case 'session': {
        const { userId, sessionId } = principal;
        return refusedFor(events, { ...facts, userId, sessionId }, credentialId);
      }
      case 'personal_access_token': {
        const { userId, personalAccessTokenId } = principal;
        return refusedFor(events, { ...facts, userId, personalAccessTokenId }, credentialId);
      }
      case 'delegated': {
        const { userId, sessionId, clientId } = principal;
        return refusedFor(events, { ...facts, userId, sessionId, clientId }, credentialId);
      }
      case 'service':
        return refusedFor(events, { ...facts, clientId: principal.clientId }, credentialId);
      default:
        return principal satisfies never;
    }
  }

  #observe(claims: AccessTokenClaims, origin: Origin): void | Promise<void> {
    const { observers } = this.#deps;
    if (claims.kind === 'session') return observers.session(claims);
    if (claims.kind === 'personal_access_token') return observers.personal_access_token(claims, origin);
    // A service at work is no sign that the user is there.
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

function principalOf(claims: AccessTokenClaims, revocations: Revocations): KnownPrincipal {
  const { expiresAt } = claims;
  const verified = { expiresAt, scopes: new Set(claims.scopes) };
  if (claims.kind === 'service') return { kind: 'service', clientId: claims.clientId, ...verified };
  const { userId } = claims;
  const user = { userId, notBefore: revocations.notBefore(userId), ...verified };
  switch (claims.kind) {
    case 'session':
      return { kind: 'session', sessionId: claims.sessionId, ...user };
    case 'personal_access_token':
      return {
        kind: 'personal_access_token',
        personalAccessTokenId: claims.personalAccessTokenId,
        ...user,
      };
    case 'delegated':
      return { kind: 'delegated', clientId: claims.clientId, sessionId: claims.sessionId, ...user };
    default:
      return claims satisfies never;
  }
}
