// Hive Gateway in front of Latchkey: what it has to be told, and why. Run by `hive-gateway supergraph`.
import { createRemoteJwksSigningKeyProvider, defineConfig, extractFromHeader } from '@graphql-hive/gateway';
import { composeSupergraph } from './compose.ts';

const {
  AUTH_URL = 'http://localhost:4001/graphql',
  TASKS_URL = 'http://localhost:4002/',
  JWKS_URL = 'http://localhost:4001/.well-known/jwks.json',
  JWT_ISSUER = 'http://localhost:4001',
  JWT_AUDIENCE = 'latchkey',
  ROUTER_SECRET,
  PORT = '4000',
  HOST = '127.0.0.1',
} = process.env;

export const gatewayConfig = defineConfig<{ req?: { socket?: { remoteAddress?: string } } }>({
  host: HOST,
  port: Number(PORT),
  // On SIGTERM requests in flight are answered, for so many milliseconds, before connections close.
  gracefulShutdownTimeout: 5_000,
  supergraph: composeSupergraph({ authUrl: AUTH_URL, tasksUrl: TASKS_URL }),

  // No header passes a router unless it is told so.
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, context, subgraphName }) => ({
      // Of the context, not of the request: there it is also what a WebSocket said at `connection_init`.
      authorization: context.headers?.['authorization'],
      // Sessions show where they were begun. This gateway is the edge, so a client's own X-Forwarded-For is not believed;
      // behind a proxy of yours, append to that proxy's. Latchkey has TRUSTED_PROXIES for the gateway's address.
      'user-agent': request.headers.get('user-agent'),
      // The language of messages.
      'accept-language': request.headers.get('accept-language'),
      'x-forwarded-for': context.req?.socket?.remoteAddress,
      ...(subgraphName === 'auth' && {
        cookie: cookieOf(request),
        // A client's secret: by it a repeated mutation gets the outcome of the first.
        'idempotency-key': request.headers.get('idempotency-key'),
        // With ROUTER_SECRET set, Latchkey answers nobody else.
        'x-router-secret': ROUTER_SECRET,
      }),
    }),
    fromSubgraphsToClient: ({ response }) => ({
      // Each cookie in a line of its own.
      'set-cookie': response.headers.getSetCookie(),
      // Answers carry tokens and personal data: no cache on the way may keep one.
      'cache-control': 'no-store',
    }),
    deduplicateHeaders: true,
  },

  // Subscriptions come from Latchkey as server-sent events, by POST: by GET the operation would be in URLs, and in their logs.
  transportEntries: { auth: { options: { method: 'POST' } } },

  // For what the gateway itself decides, as `context.jwt`: logs, limits. The subgraphs check the header themselves.
  jwt: {
    signingKeyProviders: [
      createRemoteJwksSigningKeyProvider({ jwksUri: JWKS_URL, cache: true, rateLimit: true }),
      // Without a key the plugin fails the whole request, 500: with one that fits nothing the token merely is invalid.
      () => 'no such key',
    ],
    tokenLookupLocations: [extractFromHeader({ name: 'authorization', prefix: 'Bearer' })],
    tokenVerification: { issuer: JWT_ISSUER, audience: JWT_AUDIENCE, algorithms: ['ES256', 'RS256'] },
    // Whoever holds a stale token must be able to sign in, refresh and log out; and personal access tokens are no JWT.
    reject: { missingToken: false, invalidToken: false },
    forward: { payload: false, token: false },
  },

  // Else every web origin may call with credentials. Name those of your applications.
  cors: false,
  // One field of a user leads to others: bound how far.
  maxDepth: 12,
  maxTokens: 2_000,
});

/**
 * The cookies of a request that a web page cannot send to another site unasked: a form can be posted from anywhere, but JSON
 * not without a preflight (WHATWG Fetch §3.2.2).
 */
function cookieOf({ headers }: Request): string | null {
  const isJson = headers.get('content-type')?.startsWith('application/json') ?? false;
  return isJson ? headers.get('cookie') : null;
}
