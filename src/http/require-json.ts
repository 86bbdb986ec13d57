import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';

/**
 * Takes bodies that say, once, that they are JSON in UTF-8 (RFC 8259 §8.1). Said otherwise or twice, whoever filters
 * requests in front of us may read another request than we do; and what a form can send without a preflight is no JSON.
 */
export async function requireJson(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  if (request.method !== 'POST') return;
  const [contentType = '', ...more] = request.raw.headersDistinct['content-type'] ?? [];
  if (more.length === 0 && JSON_IN_UTF8.test(contentType)) return;
  await reply.code(415).send(errorBody('The body must be application/json in UTF-8.', 'BAD_REQUEST'));
}

const JSON_IN_UTF8 = /^application\/json\s*(;\s*charset\s*=\s*(utf-8|"utf-8")\s*)?$/i;
