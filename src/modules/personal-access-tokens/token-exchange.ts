import type { InvalidInput } from '../../core/invalid-field.ts';
import type { Caller, Origin, PersonalAccessTokenPrincipal } from '../../core/principal.ts';
import type { RoleCatalogue } from '../../core/role-catalogue.ts';
import type { AccessTokens, IssuedAccessToken } from '../access-tokens/index.ts';
import type { Authenticated } from '../authentication/index.ts';
import { type RateLimited, shedding } from '../rate-limits/index.ts';
import { looksLikeToken } from './token-format.ts';
import { ungrantableScopes } from './token-input.ts';

interface InvalidToken {
  readonly kind: 'invalid_token';
}

export type ExchangeOutcome = IssuedAccessToken | InvalidToken | InvalidInput | RateLimited;

interface ExchangeInput {
  readonly token: string;
  /** Null: all that the token has. */
  readonly scopes: readonly string[] | null;
}

interface Dependencies {
  readonly authenticate: (token: string, origin: Origin) => Promise<Authenticated>;
  readonly accessTokens: AccessTokens;
  readonly roleCatalogue: RoleCatalogue;
}

/**
 * Exchanges personal access tokens for access tokens, which other subgraphs can verify (RFC 8693). The exchanged one does what its
 * personal access token may do now, and no longer than that is valid.
 */
export class TokenExchange {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {UnavailableError} */
  exchange({ origin }: Caller, { token, scopes }: ExchangeInput): Promise<ExchangeOutcome> {
    return shedding<ExchangeOutcome>(async () => {
      // Only a personal access token itself: not one that was exchanged, nor a session's.
      if (!looksLikeToken(token)) return { kind: 'invalid_token' };
      const { principal } = await this.#deps.authenticate(token, origin);
      if (principal?.kind !== 'personal_access_token') return { kind: 'invalid_token' };
      const { roleCatalogue } = this.#deps;
      const refusal = 'The token does not have this scope.';
      const fields =
        scopes === null ? [] : ungrantableScopes(scopes, principal.scopes, roleCatalogue, refusal);
      if (fields.length > 0) return { kind: 'invalid_input', fields };
      return this.#issue(principal, scopes ?? [...principal.scopes]);
    });
  }

  #issue(
    { userId, personalAccessTokenId, expiresAt: endsAt, notBefore }: PersonalAccessTokenPrincipal,
    wanted: readonly string[],
  ): IssuedAccessToken | InvalidToken {
    const scopes = [...new Set(wanted)];
    // As of the change of roles that the scopes respect: one that was heard since then refuses this token too.
    const input = { userId, personalAccessTokenId, scopes, endsAt, notBefore };
    const { token, expiresAt } = this.#deps.accessTokens.signExchanged(input);
    // Less than a second is left.
    if (expiresAt > endsAt) return { kind: 'invalid_token' };
    return { kind: 'issued', accessToken: token, expiresAt, scopes };
  }
}
