import type { FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';

/**
 * Responds 400 to a Host header that cannot be part of a URL (RFC 9112 §3.2). Libraries build a URL from it, which
 * would fail as an internal error with a log line each.
 */
export function requireHost({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (URL.canParse(`http://${headers.host ?? ''}/`)) done();
  else void reply.code(400).send(errorBody('The Host header is not valid.', 'BAD_REQUEST'));
}
