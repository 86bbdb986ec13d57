import { eventBy } from '../../core/events.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import { anonymous, type Origin } from '../../core/principal.ts';
import type { Authentication } from '../authentication/index.ts';
import { looksLikeToken, type PersonalAccessTokenService } from '../personal-access-tokens/index.ts';
import { type RateLimited, type RateLimits, shedding } from '../rate-limits/index.ts';
import { looksLikeRefreshToken, type SessionService } from '../sessions/index.ts';
import type { ServiceClient } from './service-client.ts';

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
  readonly rateLimits: RateLimits;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
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
      await this.#deps.rateLimits.spend(origin, [{ limit: 'tokens.client', subject: client.id }]);
      const { authentication, personalAccessTokens, sessions } = this.#deps;
      const nobody = { principal: anonymous, origin };
      if (looksLikeToken(token)) {
        const outcome = await personalAccessTokens.revokeLeaked(nobody, token);
        return outcome.kind === 'rate_limited'
          ? outcome
          : this.#record(client, 'personal_access_token', origin);
      }
      if (looksLikeRefreshToken(token)) {
        await sessions.logout(nobody, [token]);
        return this.#record(client, 'refresh_token', origin);
      }
      // Without a trace of use: the client is not the user.
      const { principal } = await authentication.verify(token);
      if (principal === null) return { kind: 'revoked' };
      if (principal.kind !== 'session') return { kind: 'unsupported_token_type' };
      await sessions.logout({ principal, origin }, []);
      return this.#record(client, 'access_token', origin);
    });
  }

  async #record(
    { id: clientId }: ServiceClient,
    kind: 'access_token' | 'refresh_token' | 'personal_access_token',
    origin: Origin,
  ): Promise<RevokeOutcome> {
    const { unitOfWork, events } = this.#deps;
    const event = eventBy({ userId: null, origin }, 'service_client.token_revoked', { clientId, kind });
    await unitOfWork.run(() => events.record(event));
    return { kind: 'revoked' };
  }
}
