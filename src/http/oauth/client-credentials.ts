import type { FastifyRequest } from 'fastify';
import type { ClientCredentials, ServiceClient } from '../../modules/service-clients/index.ts';
import { authorizationOf } from '../authorization-header.ts';
import type { Form } from './form.ts';
import { invalidClient, OAuthError } from './oauth-error.ts';

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const BASIC = /^Basic +([A-Za-z0-9+/]+=*)$/i;

/**
 * The credentials of a client: client_secret_basic (RFC 6749 §2.3.1) or private_key_jwt (RFC 7523 §2.2); null without any. A secret in
 * the body is refused: bodies get into logs, headers of this kind are kept out of them.
 *
 * @throws {OAuthError}
 */
export function clientCredentials(request: FastifyRequest, form: Form): ClientCredentials | null {
  form.refuse('client_secret');
  const headers = authorizationOf(request);
  const assertion = form.optional('client_assertion');
  if (headers.length > 1 || (headers.length > 0 && assertion !== null))
    throw new OAuthError('invalid_request', 'A client authenticates once.');
  if (assertion === null) return headers[0] === undefined ? null : basic(headers[0], form);
  if (form.required('client_assertion_type') !== ASSERTION_TYPE)
    throw new OAuthError('invalid_request', `client_assertion_type must be ${ASSERTION_TYPE}.`);
  return { kind: 'assertion', assertion, clientId: form.optional('client_id') };
}

/** The client that has authenticated. @throws {OAuthError} if none has. */
export function requireAuthenticated(client: ServiceClient | null): ServiceClient {
  if (client === null) throw invalidClient();
  return client;
}

function basic(header: string, form: Form): ClientCredentials {
  const [, encoded] = BASIC.exec(header) ?? [];
  const [id, ...secret] = Buffer.from(encoded ?? '', 'base64')
    .toString()
    .split(':');
  const clientId = decode(id ?? '');
  const clientSecret = decode(secret.join(':'));
  if (encoded === undefined || clientId === null || clientSecret === null)
    throw new OAuthError('invalid_client', 'The Authorization header is not the Basic one of a client.');
  const named = form.optional('client_id');
  if (named !== null && named !== clientId)
    throw new OAuthError('invalid_request', 'client_id is another than that of the Authorization header.');
  return { kind: 'secret', clientId, secret: clientSecret };
}

/** application/x-www-form-urlencoded, in which RFC 6749 §2.3.1 writes id and secret. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}
