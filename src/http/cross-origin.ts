import cors from '@fastify/cors';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';
import type { AllowedOrigins } from './allowed-origins.ts';
import type { RefusedCallers } from './refused-callers.ts';

interface Options {
  /** The origins that are allowed where a request goes. */
  readonly originsOf: (request: FastifyRequest) => AllowedOrigins;
  readonly refusedCallers: RefusedCallers;
}

/**
 * Adds CORS (WHATWG Fetch §3.2). A preflight from an origin that is not allowed gets 403 without CORS headers. Browsers
 * need only the missing headers; the status makes the refusal visible to developers.
 */
export async function addCrossOrigin(
  server: FastifyInstance,
  { originsOf, refusedCallers }: Options,
): Promise<void> {
  await server.register(cors, {
    delegator: (request, answer) => {
      const { origin } = request.headers;
      answer(null, origin !== undefined && originsOf(request).has(origin) ? ALLOWED : REFUSED);
    },
  });
  // The plugin above answers preflights of allowed origins.
  server.addHook('onRequest', (request, reply, done) => {
    const { origin } = request.headers;
    if (origin === undefined || !isPreflight(request)) return done();
    refusedCallers.preflight(origin, originsOf(request));
    void reply.code(403).send(errorBody('This origin is not allowed.', 'FORBIDDEN'));
  });
}

/** Without CORS headers. */
const REFUSED = { origin: false };

const ALLOWED = {
  // That of the request.
  origin: true,
  credentials: true,
  methods: ['GET', 'POST'],
  exposedHeaders: ['retry-after'],
  maxAge: 600,
};

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
