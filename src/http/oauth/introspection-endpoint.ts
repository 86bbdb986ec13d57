import type { FastifyRequest } from 'fastify';
import type { Origin } from '../../core/principal.ts';
import { FIRST_PARTY_CLIENT_ID } from '../../modules/access-tokens/index.ts';
import type { ActiveToken, Introspection } from '../../modules/introspection/index.ts';
import { type ServiceClient, servicePrincipalOf } from '../../modules/service-clients/index.ts';
import { type AuthenticateToken, authorizationOf } from '../authorization-header.ts';
import { isBearer, requireBearer } from './bearer.ts';
import type { Form } from './form.ts';

interface Dependencies {
  readonly introspection: Introspection;
  readonly issuer: string;
  readonly authenticateToken: AuthenticateToken;
  readonly originOf: (request: FastifyRequest) => Origin;
  /** The client that authenticates. @throws {OAuthError} */
  readonly requireClient: (request: FastifyRequest, form: Form) => Promise<ServiceClient>;
}

/**
 * Answers of the introspection endpoint (RFC 7662), to service clients by what they authenticate with or by their token, and to
 * administrators by theirs. @throws {OAuthError} @throws {PublicError}
 */
export function createIntrospectionEndpoint(dependencies: Dependencies) {
  const { introspection, issuer, authenticateToken, originOf, requireClient } = dependencies;

  async function principalOf(request: FastifyRequest, form: Form, origin: Origin) {
    const headers = authorizationOf(request);
    if (!isBearer(headers)) return servicePrincipalOf(await requireClient(request, form));
    form.refuse('client_secret');
    form.refuse('client_assertion');
    return requireBearer(headers, origin, authenticateToken);
  }

  return async (request: FastifyRequest, form: Form): Promise<object> => {
    const token = form.required('token');
    const origin = originOf(request);
    const principal = await principalOf(request, form, origin);
    const active = await introspection.introspect({ principal, origin }, token);
    return active === null ? { active: false } : described(active, issuer);
  };
}

/** RFC 7662 §2.2. */
function described(token: ActiveToken, issuer: string): object {
  return {
    active: true,
    token_type: 'Bearer',
    iss: issuer,
    aud: token.audience,
    sub: token.userId ?? token.clientId,
    client_id: token.clientId,
    scope: token.scopes.join(' '),
    iat: Math.floor(token.issuedAt.getTime() / 1_000),
    exp: Math.floor(token.expiresAt.getTime() / 1_000),
    // RFC 8693 §4.1: what acts for the user.
    ...(token.userId !== null &&
      token.clientId !== FIRST_PARTY_CLIENT_ID && { act: { sub: token.clientId } }),
    ...(token.sessionId !== null && { sid: token.sessionId }),
    ...(token.roles !== null && { roles: token.roles }),
  };
}
