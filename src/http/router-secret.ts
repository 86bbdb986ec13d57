import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Secret } from '../core/secret.ts';
import { sameSecret } from '../core/secret-ring.ts';
import { errorBody } from '../graphql/results/error-body.ts';
import type { RefusedCallers } from './refused-callers.ts';

/** Whether a request comes from the router. Logs those that do not. */
export type IsFromRouter = (headers: IncomingHttpHeaders) => boolean;

/** A request brings any of `secrets`. Without secrets, accepts every request. */
export function createRouterCheck(
  secrets: readonly Secret[] | null,
  refusedCallers: RefusedCallers,
): IsFromRouter {
  if (secrets === null) return () => true;
  return (headers) => {
    const given = headers['x-router-secret'];
    if (typeof given === 'string' && secrets.some((secret) => sameSecret(given, secret.reveal())))
      return true;
    refusedCallers.notRouter(given === undefined ? 'missing' : 'wrong');
    return false;
  };
}

/** Responds 403 to requests without the router's secret: `_entities` must not be open to anyone who finds the port. */
export function requireRouter(isFromRouter: IsFromRouter) {
  return ({ headers }: FastifyRequest, reply: FastifyReply, done: () => void): void => {
    if (isFromRouter(headers)) done();
    else void reply.code(403).send(errorBody('Only the router may call this.', 'FORBIDDEN'));
  };
}
