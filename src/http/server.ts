import type { ApolloServer } from '@apollo/server';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Config } from '../config/config.ts';
import type { Clock } from '../core/clock.ts';
import type { Idempotency } from '../core/idempotency.ts';
import type { Logger } from '../core/ports.ts';
import type { Origin } from '../core/principal.ts';
import type { SubscriptionGate } from '../graphql/operations/subscription-gate.ts';
import type { GraphQLContext } from '../graphql/request/context.ts';
import { createAllowedOrigins } from './allowed-origins.ts';
import { Arrivals } from './arrivals.ts';
import type { AuthenticateToken } from './authorization-header.ts';
import { createClientAddress } from './client-address.ts';
import { Contexts, originOf, requestId } from './contexts.ts';
import { addCrossOrigin } from './cross-origin.ts';
import { drainConnections } from './drain.ts';
import { addErrorAnswers } from './error-answers.ts';
import { type CreateContext, createGraphQLHandler } from './graphql-handler.ts';
import { limitChunks } from './limit-chunks.ts';
import { noStore } from './no-store.ts';
import { createNodeServer } from './node-server.ts';
import { addOAuth, type OAuth } from './oauth/oauth.ts';
import { addPages, leadToPlayground } from './pages/pages.ts';
import { pathOf } from './path-of.ts';
import { addProbes, type Readiness } from './probes.ts';
import { addPublicStreams, PUBLIC_STREAMS_PATH } from './public-streams.ts';
import { RefusedCallers } from './refused-callers.ts';
import { requireHost } from './require-host.ts';
import { requireJson } from './require-json.ts';
import { createRouterCheck, requireRouter } from './router-secret.ts';
import { addSecurityHeaders } from './security-headers.ts';
import { createEventStreams, wantsEventStream } from './server-sent-events.ts';
import { StreamAdmission } from './stream-admission.ts';
import type { Timeouts } from './timeouts.ts';
import { addWebSockets } from './websocket.ts';

const GRAPHQL_PATH = '/graphql';

/** In bytes. The largest requests are `_entities` with a thousand references. */
const BODY_LIMIT = 100 * 1024;

interface Options {
  readonly config: Config['http'];
  readonly graphql: ApolloServer<GraphQLContext>;
  readonly gate: SubscriptionGate;
  readonly idempotency: Idempotency;
  readonly authenticateToken: AuthenticateToken;
  /** Counts an opened WebSocket. @throws {RateLimitedError} */
  readonly countSocket: (origin: Origin) => Promise<void>;
  readonly jwks: object;
  readonly oauth: OAuth;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly timeouts: Timeouts;
  readonly logger: Logger;
}

/** Creates the HTTP server with all its routes. `graphql` must have been started. */
export async function createHttpServer(options: Options): Promise<FastifyInstance> {
  const { config, graphql, gate, timeouts, logger } = options;
  const server = Fastify({
    bodyLimit: BODY_LIMIT,
    // `drainConnections` lets requests in flight finish.
    forceCloseConnections: false,
    // A request on a connection that is still open is answered as usual, with `connection: close`; /readyz says 503.
    return503OnClosing: false,
    serverFactory: (handle) => createNodeServer(handle, timeouts),
    genReqId: requestId,
    // Request fields other than the id belong in the audit log.
    logger: false,
  });
  addErrorAnswers(server, logger);
  addSecurityHeaders(server);
  const refusedCallers = new RefusedCallers(logger);
  const origins = createAllowedOrigins('CORS_ORIGIN', config.corsOrigins);
  const streamOrigins = createAllowedOrigins('PUBLIC_STREAMS_ORIGIN', config.publicStreams?.origins ?? []);
  const isFromRouter = createRouterCheck(config.routerSecrets, refusedCallers);
  await addCrossOrigin(server, {
    originsOf: ({ url }) => (pathOf(url) === PUBLIC_STREAMS_PATH ? streamOrigins : origins),
    refusedCallers,
  });
  addProbes(server, options.readiness);
  server.get('/.well-known/jwks.json', async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300');
    return options.jwks;
  });

  addPages(server, config.pages);

  const clientAddress = createClientAddress(config.trustedProxies);
  addOAuth(server, {
    ...options,
    originOf: ({ raw, id }) => originOf(raw, id, clientAddress(raw)),
  });
  const arrivals = new Arrivals();
  server.addHook('onListen', async () => arrivals.start());
  server.addHook('onClose', async () => arrivals.stop());
  const contexts = new Contexts({ ...options, clientAddress, arrivals });
  const createContext: CreateContext = (request, reply) => contexts.ofRequest(request, reply);
  const answer = createGraphQLHandler(graphql, createContext);
  const stream = createEventStreams(server, { gate, createContext });
  server.route({
    method: ['GET', 'POST'],
    url: GRAPHQL_PATH,
    onRequest: [
      noStore,
      requireHost,
      requireRouter(isFromRouter),
      requireJson,
      ...leadToPlayground(config.pages),
    ],
    preParsing: limitChunks,
    handler: (request, reply) =>
      wantsEventStream(request) ? stream(request, reply) : answer(request, reply),
  });
  const limits = { ...config, clientAddress, refusedCallers, countSocket: options.countSocket, logger };
  const limitsAddresses = config.routerSecrets === null;
  const admissions = new Map([
    [GRAPHQL_PATH, new StreamAdmission({ ...limits, origins, isFromRouter, limitsAddresses })],
  ]);
  if (config.publicStreams !== null) {
    const anyone = { isFromRouter: () => true, limitsAddresses: true };
    const admission = new StreamAdmission({ ...limits, ...anyone, origins: streamOrigins });
    admissions.set(PUBLIC_STREAMS_PATH, admission);
    addPublicStreams(server, { admission, stream });
  }
  addWebSockets(server, {
    gate,
    logger,
    clientAddress,
    admissions,
    timeouts,
    createContext: (request, token) => contexts.ofSocket(request, token),
  });

  drainConnections(server);
  return server;
}
