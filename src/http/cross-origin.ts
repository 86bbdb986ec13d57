import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';
import type { IsAllowedOrigin } from './allowed-origins.ts';
import type { RefusedCallers } from './refused-callers.ts';

interface Options {
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly refusedCallers: RefusedCallers;
}

/**
 * Cross-origin requests (WHATWG Fetch §3.2). A preflight of another origin is answered 403, without any header that allows
 * something: browsers take each status without `Access-Control-Allow-Origin` for a refusal, people do not.
 */
export async function addCrossOrigin(
  server: FastifyInstance,
  { isAllowedOrigin, refusedCallers }: Options,
): Promise<void> {
  await server.register(cors, {
    origin: (origin, answer) => answer(null, origin !== undefined && isAllowedOrigin(origin)),
    credentials: true,
    methods: ['GET', 'POST'],
    maxAge: 600,
  });
  // Preflights of allowed origins have been answered above.
  server.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined || !isPreflight(request)) return;
    refusedCallers.preflight(origin);
    await reply.code(403).send(errorBody('This origin is not allowed.', 'FORBIDDEN'));
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
