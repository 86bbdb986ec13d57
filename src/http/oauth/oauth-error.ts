import type { FastifyInstance } from 'fastify';
import { type ErrorCode, PublicError, RateLimitedError, UnavailableError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';

/** Codes of RFC 6749 §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1 and RFC 8693 §2.2.2. */
type OAuthErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'invalid_scope'
  | 'invalid_target'
  | 'invalid_token'
  | 'insufficient_scope'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'unsupported_token_type'
  | 'temporarily_unavailable'
  | 'server_error';

const STATUS: Partial<Record<OAuthErrorCode, number>> = {
  invalid_client: 401,
  invalid_token: 401,
  insufficient_scope: 403,
};

/** Errors of use cases, as they are told here. */
const STATUS_OF_PUBLIC: Partial<Record<ErrorCode, readonly [number, OAuthErrorCode]>> = {
  UNAUTHENTICATED: [401, 'invalid_token'],
  FORBIDDEN: [403, 'insufficient_scope'],
  RATE_LIMITED: [429, 'temporarily_unavailable'],
};

/** A refused request of an OAuth endpoint. The description is written for developers, in ASCII. */
export class OAuthError extends Error {
  readonly code: OAuthErrorCode;

  constructor(code: OAuthErrorCode, description: string) {
    super(description);
    this.name = 'OAuthError';
    this.code = code;
  }
}

/** The same for an unknown client, a disabled one and a wrong secret. */
export const invalidClient = () =>
  new OAuthError('invalid_client', 'The client is not known, or did not authenticate.');

/** Sends errors in the shape of RFC 6749 §5.2; what was not expected is masked. */
export function addOAuthErrors(server: FastifyInstance, logger: Logger): void {
  server.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    if (error instanceof OAuthError) {
      const { code, message } = error;
      if (code === 'invalid_client') reply.header('www-authenticate', 'Basic realm="latchkey"');
      if (code === 'invalid_token') reply.header('www-authenticate', 'Bearer error="invalid_token"');
      return reply.code(STATUS[code] ?? 400).send(body(code, message));
    }
    if (error instanceof RateLimitedError || error instanceof UnavailableError) {
      const status = error instanceof RateLimitedError ? 429 : 503;
      reply.header('retry-after', String(error.retryAfterSeconds ?? 1));
      return reply.code(status).send(body('temporarily_unavailable', error.message));
    }
    if (error instanceof PublicError) {
      const [status, code] = STATUS_OF_PUBLIC[error.code] ?? [400, 'invalid_request'];
      return reply.code(status).send(body(code, error.message));
    }
    if (error.statusCode !== undefined && error.statusCode < 500)
      return reply.code(error.statusCode).send(body('invalid_request', 'The request is malformed.'));
    logger.error({ err: error, requestId: request.id }, 'an unexpected error');
    return reply.code(500).send(body('server_error', 'Internal error'));
  });
}

const body = (error: OAuthErrorCode, description: string) => ({ error, error_description: description });
