import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';

/**
 * Responds 415 to a POST without exactly one Content-Type of JSON in UTF-8 (RFC 8259 §8.1). With another type, or two,
 * a filter in front may parse the request differently. Also stops CSRF by forms, which need no preflight.
 */
export async function requireJson(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.method !== 'POST') return;
  const [contentType = '', ...more] = request.raw.headersDistinct['content-type'] ?? [];
  if (more.length === 0 && JSON_IN_UTF8.test(contentType)) return;
  await reply.code(415).send(errorBody('The body must be application/json in UTF-8.', 'BAD_REQUEST'));
}

const JSON_IN_UTF8 = /^application\/json\s*(;\s*charset\s*=\s*(utf-8|"utf-8")\s*)?$/i;
