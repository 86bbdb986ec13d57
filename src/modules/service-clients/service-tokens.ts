import { eventBy } from '../../core/events.ts';
import type { InvalidField } from '../../core/invalid-field.ts';
import { invalidScopes } from '../../core/invalid-scopes.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import type { Origin, SessionPrincipal } from '../../core/principal.ts';
import type { ScopeName } from '../../core/scopes.ts';
import type { AccessTokens, IssuedAccessToken, SignedToken } from '../access-tokens/index.ts';
import type { Authentication } from '../authentication/index.ts';
import { type RateLimited, type RateLimits, shedding } from '../rate-limits/index.ts';
import type { ServiceClientStore } from './service-client.store.ts';
import type { ServiceClient } from './service-client.ts';

/** What a client asks for. */
interface Wanted {
  /** Null: all that it may have. */
  readonly scopes: readonly string[] | null;
  /** Null: its only one. */
  readonly audience: string | null;
}

/** It asked for what it may not have. */
interface NotGrantable {
  readonly kind: 'invalid_scope' | 'invalid_audience';
  readonly fields: readonly InvalidField[];
}

/** The client was disabled meanwhile. */
interface InvalidClient {
  readonly kind: 'invalid_client';
}

export type IssueOutcome = IssuedAccessToken | NotGrantable | InvalidClient | RateLimited;

export type DelegateOutcome =
  | IssueOutcome
  /** The client may not act for users. */
  | { readonly kind: 'unauthorized_client' }
  /** The token is not a valid one of a session. */
  | { readonly kind: 'invalid_token' };

interface Dependencies {
  readonly accessTokens: AccessTokens;
  readonly authentication: Pick<Authentication, 'verify'>;
  readonly store: Pick<ServiceClientStore, 'lockUnchanged'>;
  readonly rateLimits: RateLimits;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** Issues the tokens of service clients. Call with a client that is authenticated. */
export class ServiceTokens {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * A token with which the client acts for itself (RFC 6749 §4.4).
   *
   * @throws {UnavailableError}
   */
  issue(client: ServiceClient, wanted: Wanted, origin: Origin): Promise<IssueOutcome> {
    return shedding<IssueOutcome>(async () => {
      const { id: clientId, tokensNotBefore: notBefore } = client;
      const granted = grantOf(client, wanted, new Set(client.scopes));
      if (granted.kind !== 'granted') return granted;
      const { scopes, audience } = granted;
      const signed = this.#deps.accessTokens.signService({ clientId, scopes, audience, notBefore });
      return this.#issue(client, signed, granted, origin);
    });
  }

  /**
   * A token with which the client acts for a user, who has shown it an access token of theirs (RFC 8693). It has the scopes of that
   * token, or fewer, and dies with the session.
   *
   * @throws {UnavailableError}
   */
  delegate(
    client: ServiceClient,
    subjectToken: string,
    wanted: Wanted,
    origin: Origin,
  ): Promise<DelegateOutcome> {
    return shedding<DelegateOutcome>(async () => {
      if (!client.actsForUsers) return { kind: 'unauthorized_client' };
      // Without a trace of use: the client is not the user.
      const { principal } = await this.#deps.authentication.verify(subjectToken);
      if (principal?.kind !== 'session') return { kind: 'invalid_token' };
      const granted = grantOf(client, wanted, principal.scopes);
      if (granted.kind !== 'granted') return granted;
      return this.#delegate(client, principal, granted, origin);
    });
  }

  async #delegate(
    client: ServiceClient,
    { userId, sessionId, expiresAt: endsAt, notBefore }: SessionPrincipal,
    granted: Granted,
    origin: Origin,
  ): Promise<DelegateOutcome> {
    const { scopes, audience } = granted;
    const signed = this.#deps.accessTokens.signDelegated({
      userId,
      sessionId,
      clientId: client.id,
      scopes,
      audience,
      endsAt,
      notBefore: latest(notBefore, client.tokensNotBefore),
    });
    // Less than a second is left.
    if (signed.expiresAt > endsAt) return { kind: 'invalid_token' };
    return this.#issue(client, signed, granted, origin, { userId, sessionId });
  }

  /**
   * Records a token and hands it out, unless the client has changed. It was signed before, without a wait after what it rests on was
   * verified: whatever is revoked during the wait for a lock revokes it too, by its date.
   */
  async #issue(
    client: ServiceClient,
    { token: accessToken, id: tokenId, expiresAt }: SignedToken,
    { scopes, audience }: Granted,
    origin: Origin,
    user: Partial<Pick<SessionPrincipal, 'userId' | 'sessionId'>> = {},
  ): Promise<IssuedAccessToken | InvalidClient> {
    const { store, unitOfWork, events, rateLimits } = this.#deps;
    const { id: clientId } = client;
    await rateLimits.spend(origin, [{ limit: 'tokens.client', subject: clientId }]);
    return unitOfWork.run<IssuedAccessToken | InvalidClient>(async () => {
      if (!(await store.lockUnchanged(client))) return { kind: 'invalid_client' };
      const facts = { clientId, tokenId, audience, scopes, ...user };
      await events.record(eventBy({ userId: null, origin }, 'service_token.issued', facts));
      return { kind: 'issued', accessToken, expiresAt, scopes };
    });
  }
}

interface Granted {
  readonly kind: 'granted';
  readonly scopes: readonly ScopeName[];
  readonly audience: string;
}

/** The audience must be one of the client's, word for word: a token for another is a token for a stranger. */
function grantOf(
  { audiences }: ServiceClient,
  wanted: Wanted,
  allowed: ReadonlySet<ScopeName>,
): Granted | NotGrantable {
  const audience = wanted.audience ?? (audiences.length === 1 ? audiences[0] : undefined);
  if (audience === undefined)
    return invalidAudience('REQUIRED', 'Choose one of the audiences of the client.');
  if (!audiences.includes(audience))
    return invalidAudience('OUT_OF_RANGE', 'The client gets no tokens for this audience.');
  const faultOf = (scope: string) => (allowed.has(scope) ? null : NOT_HELD);
  const fields = wanted.scopes === null ? [] : invalidScopes(wanted.scopes, faultOf);
  if (fields.length > 0) return { kind: 'invalid_scope', fields };
  return { kind: 'granted', scopes: [...new Set(wanted.scopes ?? allowed)], audience };
}

function invalidAudience(code: 'REQUIRED' | 'OUT_OF_RANGE', message: string): NotGrantable {
  return { kind: 'invalid_audience', fields: [{ path: ['audience'], code, message }] };
}

const NOT_HELD = { code: 'SCOPE_NOT_GRANTABLE', message: 'This scope is not to be had.' } as const;

const latest = (a: Date | null, b: Date) => (a !== null && a > b ? a : b);
