import { forbidden } from '../../core/errors.ts';
import type { SessionId, UserId } from '../../core/ids.ts';
import { type Caller, requireScope, type UserPrincipal } from '../../core/principal.ts';
import type { ScopeName } from '../../core/scopes.ts';
import { FIRST_PARTY_CLIENT_ID } from '../access-tokens/index.ts';
import type { Authentication } from '../authentication/index.ts';
import type { ServiceClientDirectory } from '../service-clients/index.ts';

export type IntrospectedKind = 'ACCESS_TOKEN' | 'PERSONAL_ACCESS_TOKEN' | 'SERVICE_TOKEN';

/** A valid token. */
export interface ActiveToken {
  readonly kind: IntrospectedKind;
  /** Null for the token of a service client. */
  readonly userId: UserId | null;
  /** Null for personal access tokens and those of service clients. */
  readonly sessionId: SessionId | null;
  /** The service client or the personal access token that acts; else the client of all sessions. */
  readonly clientId: string;
  readonly scopes: readonly ScopeName[];
  /** Null for tokens without roles. */
  readonly roles: readonly string[] | null;
  readonly audience: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

interface Dependencies {
  readonly authentication: Pick<Authentication, 'verify'>;
  readonly directory: ServiceClientDirectory;
  /** Our own. */
  readonly audience: string;
}

/**
 * Tells others whether a token is valid (RFC 7662). It leaves no trace of use: whoever asks is not its holder. Without a statement,
 * but for the first look at a personal access token.
 */
export class Introspection {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * For a caller with the scope `tokens:introspect`: the token if it is valid and for an audience of the caller's; else null.
   *
   * @throws {PublicError} UNAUTHENTICATED or FORBIDDEN
   * @throws {UnavailableError}
   */
  async introspect({ principal, origin }: Caller, token: string): Promise<ActiveToken | null> {
    requireScope(principal, 'tokens:introspect');
    if (principal.kind !== 'service') return this.#introspect(token, [this.#deps.audience]);
    const client = await this.#deps.directory.find(principal.clientId, origin);
    if (client === null) throw forbidden('The service client no longer exists.');
    return this.#introspect(token, client.audiences);
  }

  async #introspect(token: string, audiences: readonly string[]): Promise<ActiveToken | null> {
    const { principal, facts } = await this.#deps.authentication.verify(token, audiences);
    if (principal === null || facts === null) return null;
    const audience = facts.audience ?? this.#deps.audience;
    if (!audiences.includes(audience)) return null;
    const { expiresAt } = principal;
    const scopes = [...principal.scopes];
    const common = { scopes, audience, expiresAt, issuedAt: facts.issuedAt, roles: facts.roles };
    if (principal.kind === 'service') {
      const { clientId } = principal;
      return { kind: 'SERVICE_TOKEN', userId: null, sessionId: null, clientId, ...common };
    }
    const { userId } = principal;
    const isOpaque = facts.audience === null;
    const kind = isOpaque ? 'PERSONAL_ACCESS_TOKEN' : 'ACCESS_TOKEN';
    return { kind, userId, ...partiesOf(principal), ...common };
  }
}

function partiesOf(principal: UserPrincipal): Pick<ActiveToken, 'sessionId' | 'clientId'> {
  switch (principal.kind) {
    case 'session':
      return { sessionId: principal.sessionId, clientId: FIRST_PARTY_CLIENT_ID };
    case 'personal_access_token':
      return { sessionId: null, clientId: principal.personalAccessTokenId };
    case 'delegated':
      return { sessionId: principal.sessionId, clientId: principal.clientId };
    default:
      return principal satisfies never;
  }
}
