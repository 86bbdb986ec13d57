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
 * Adds CORS (WHATWG Fetch §3.2). A preflight from an origin that is not allowed gets 403 without CORS headers. Browsers
 * need only the missing headers; the status makes the refusal visible to developers.
 */
export async function addCrossOrigin(
  server: FastifyInstance,
  { isAllowedOrigin, refusedCallers }: Options,
): Promise<void> {
  await server.register(cors, {
    origin: (origin, answer) => answer(null, origin !== undefined && isAllowedOrigin(origin)),
    credentials: true,
    methods: ['GET', 'POST'],
    exposedHeaders: ['retry-after'],
    maxAge: 600,
  });
  // The plugin above answers preflights of allowed origins.
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || !isPreflight(request)) return done();
    refusedCallers.preflight(origin);
    void reply.code(403).send(errorBody('This origin is not allowed.', 'FORBIDDEN'));
  });
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
