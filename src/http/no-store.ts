import type { FastifyReply, FastifyRequest } from 'fastify';

/** Responses contain tokens and personal data: caches must not store them (RFC 6749 §5.1). */
export function noStore(_request: FastifyRequest, reply: FastifyReply, done: () => void): void {
  reply.header('cache-control', 'no-store');
  done();
}
