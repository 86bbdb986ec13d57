import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';

/**
 * Responds 415 to a POST without exactly one Content-Type of JSON in UTF-8 (RFC 8259 §8.1). With another type, or two,
 * a filter in front may parse the request differently. Also stops CSRF by forms, which need no preflight.
 */
export function requireJson(request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (request.method !== 'POST' || isJson(request)) done();
  else void reply.code(415).send(errorBody('The body must be application/json in UTF-8.', 'BAD_REQUEST'));
}

function isJson({ raw }: FastifyRequest): boolean {
  const [contentType = '', ...more] = raw.headersDistinct['content-type'] ?? [];
  return more.length === 0 && JSON_IN_UTF8.test(contentType);
}

const JSON_IN_UTF8 = /^application\/json\s*(;\s*charset\s*=\s*(utf-8|"utf-8")\s*)?$/i;
