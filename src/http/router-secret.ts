import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Secret } from '../core/secret.ts';
import { sameSecret } from '../core/secret-ring.ts';
import { errorBody } from './error-body.ts';

/** Lets only those through who bring the router's secret: `_entities` is not for whoever finds the port. */
export function requireRouterSecret(secret: Secret) {
  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const given = request.headers['x-router-secret'];
    if (typeof given === 'string' && sameSecret(given, secret.reveal())) return;
    await reply.code(403).send(errorBody('Only the router may call this.', 'FORBIDDEN'));
  };
}
