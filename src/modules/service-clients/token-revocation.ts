import type { Origin } from '../../core/principal.ts';
import type { AccessTokens } from '../access-tokens/index.ts';
import type { Authentication } from '../authentication/index.ts';
import { looksLikeToken, type PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { type RateLimited, type RateLimits, shedding } from '../rate-limits/index.ts';
import { looksLikeRefreshToken, type SessionService } from '../sessions/index.ts';
import { type ServiceClient, servicePrincipalOf } from './service-client.ts';

export type RevokeOutcome =
  /** Or there was nothing to revoke. */
  | { readonly kind: 'revoked' }
  /** A token that stands for something else: that is to be revoked, or the token expires within minutes. */
  | { readonly kind: 'unsupported_token_type' }
  | RateLimited;

interface Dependencies {
  readonly authentication: Pick<Authentication, 'verify'>;
  readonly sessions: Pick<SessionService, 'logout'>;
  readonly personalAccessTokens: Pick<PersonalAccessTokenService, 'revokeLeaked'>;
  readonly accessTokens: Pick<AccessTokens, 'audience'>;
  readonly rateLimits: RateLimits;
}

/** Revokes tokens for service clients that hold them (RFC 7009): a back-end signs its user out, a scanner has found a secret. */
export class TokenRevocation {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {UnavailableError} */
  revoke(client: ServiceClient, token: string, origin: Origin): Promise<RevokeOutcome> {
    return shedding<RevokeOutcome>(async () => {
      const { accessTokens, authentication, personalAccessTokens, rateLimits, sessions } = this.#deps;
      await rateLimits.spend(origin, [{ limit: 'tokens.client', subject: client.id }]);
      const caller = { principal: servicePrincipalOf(client), origin };
      if (looksLikeToken(token)) {
        const outcome = await personalAccessTokens.revokeLeaked(caller, token);
        return outcome.kind === 'rate_limited' ? outcome : REVOKED;
      }
      if (looksLikeRefreshToken(token)) {
        await sessions.logout(caller, [token]);
        return REVOKED;
      }
      // Without a trace of use: the client is not the user.
      const audiences = [accessTokens.audience, ...client.audiences];
      const { principal } = await authentication.verify(token, audiences);
      if (principal === null) return REVOKED;
      if (principal.kind !== 'session') return { kind: 'unsupported_token_type' };
      await sessions.logout(caller, [], principal.sessionId);
      return REVOKED;
    });
  }
}

const REVOKED = { kind: 'revoked' } as const;
