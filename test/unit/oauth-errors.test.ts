import { expect, test } from '@jest/globals';
import Fastify from 'fastify';
import {
  forbidden,
  PublicError,
  RateLimitedError,
  UnavailableError,
  unauthenticated,
} from '../../src/core/errors.ts';
import { addOAuthErrors, OAuthError } from '../../src/http/oauth/oauth-error.ts';
import { RecordingLogger } from '../support/logger.ts';

async function answerTo(error: Error) {
  const logger = new RecordingLogger();
  const server = Fastify();
  addOAuthErrors(server, logger);
  server.get('/', async () => {
    throw error;
  });
  const { statusCode, headers, body } = await server.inject('/');
  return {
    status: statusCode,
    retryAfter: headers['retry-after'],
    error: JSON.parse(body).error,
    body,
    logger,
  };
}

test.each<[Error, number, string, string | undefined]>([
  [new OAuthError('invalid_client', 'x'), 401, 'invalid_client', undefined],
  [new OAuthError('invalid_target', 'x'), 400, 'invalid_target', undefined],
  [new RateLimitedError(7), 429, 'temporarily_unavailable', '7'],
  [new UnavailableError(new Error('down')), 503, 'temporarily_unavailable', '1'],
  [forbidden(), 403, 'insufficient_scope', undefined],
  [unauthenticated(), 401, 'invalid_token', undefined],
  [new PublicError('RATE_LIMITED', 'too many streams'), 429, 'temporarily_unavailable', undefined],
  [new PublicError('BAD_USER_INPUT', 'x'), 400, 'invalid_request', undefined],
])('%s is answered as OAuth asks for', async (error, status, code, retryAfter) => {
  const answer = await answerTo(error);
  expect([answer.status, answer.error, answer.retryAfter]).toEqual([status, code, retryAfter]);
});

test('what was not expected says nothing to the caller, and everything to the log', async () => {
  const { status, body, logger } = await answerTo(new Error('secret detail'));
  expect([status, body]).toEqual([500, '{"error":"server_error","error_description":"Internal error"}']);
  expect(JSON.stringify(logger.lines)).toContain('an unexpected error');
});
