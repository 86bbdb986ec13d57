import { randomUUID } from 'node:crypto';
import type { ApolloServer } from '@apollo/server';
import { fastifyApolloHandler } from '@as-integrations/fastify';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Config } from '../config.ts';
import type { Logger } from '../core/ports.ts';
import { type AuthenticateToken, authenticate } from '../graphql/authenticate.ts';
import { GraphQLContext } from '../graphql/context.ts';
import type { Loaders } from '../graphql/loaders.ts';
import { Refusals } from '../graphql/refusals.ts';
import { canonicalAddress } from './client-address.ts';
import { drainConnections } from './drain.ts';
import { addErrorAnswers } from './error-answers.ts';
import { addProbes, type Readiness } from './probes.ts';
import { createRefreshCookies } from './refresh-cookie.ts';
import { requireRouterSecret } from './router-secret.ts';

/** Requests are small: the largest are `_entities` with a thousand references. In bytes. */
const BODY_LIMIT = 100 * 1024;

const MAX_USER_AGENT_LENGTH = 512;

interface Options {
  readonly config: Config['http'];
  readonly graphql: ApolloServer<GraphQLContext>;
  readonly authenticateToken: AuthenticateToken;
  readonly createLoaders: () => Loaders;
  readonly jwks: object;
  readonly readiness: Readiness;
  readonly logger: Logger;
}

/** Everything that is answered by HTTP. `graphql` has been started. */
export async function createHttpServer(options: Options): Promise<FastifyInstance> {
  const { config, graphql, logger } = options;
  const server = Fastify({
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    bodyLimit: BODY_LIMIT,
    // Requests in flight are answered before their connections close; see `drainConnections`.
    forceCloseConnections: false,
    genReqId: ({ headers }) => requestId(headers['x-request-id']),
    // Other fields of a request than its id belong to the audit log.
    logger: false,
  });
  addErrorAnswers(server, logger);
  await server.register(helmet, { contentSecurityPolicy: { directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } });
  await server.register(cors, { origin: [...config.corsOrigins], credentials: true, methods: ['GET', 'POST'], maxAge: 600 });
  addProbes(server, options.readiness);
  server.get('/.well-known/jwks.json', async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300');
    return options.jwks;
  });

  const refreshCookie = createRefreshCookies(config.publicUrl);
  const createContext = (request: FastifyRequest, reply: FastifyReply) =>
    new GraphQLContext({
      origin: {
        requestId: request.id,
        ipAddress: canonicalAddress(request.ip),
        userAgent: request.headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
      },
      credential: authenticate(request.raw.headersDistinct['authorization'] ?? [], options.authenticateToken),
      refreshCookie: refreshCookie(request, reply),
      loaders: options.createLoaders(),
      refusals: new Refusals(),
    });
  server.route({
    method: ['GET', 'POST'],
    url: '/graphql',
    onRequest: [noStore, ...(config.routerSecret === null ? [] : [requireRouterSecret(config.routerSecret)])],
    handler: fastifyApolloHandler(graphql, { context: async (request, reply) => createContext(request, reply) }),
  });

  drainConnections(server);
  return server;
}

/** Answers carry tokens and personal data: no cache may keep one. */
async function noStore(_request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.header('cache-control', 'no-store');
}

/** A router's id of the request, so that both logs can be read together, where it looks like one; else an id of our own. */
function requestId(header: string | string[] | undefined): string {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : randomUUID();
}
