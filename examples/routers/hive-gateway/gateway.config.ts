// Hive Gateway (MIT) as docker-compose.yml runs it, from its image. examples/graph runs and tests the same gateway with a second
// subgraph, and says more.
import { defineConfig } from '@graphql-hive/gateway';

// biome-ignore lint/style/noProcessEnv: this is the gateway's own process.
const { LATCHKEY_URL = 'http://localhost:4001', ROUTER_SECRET } = process.env;

export const gatewayConfig = defineConfig<{ req?: { socket?: { remoteAddress?: string } } }>({
  supergraph: './supergraph.graphql',
  // Streams by POST: by GET the operation would be in URLs, and in their logs.
  transportEntries: { auth: { location: `${LATCHKEY_URL}/graphql`, options: { method: 'POST' } } },

  // No header passes unless it is named.
  propagateHeaders: {
    fromClientToSubgraphs: ({ request, context, subgraphName }) => ({
      // Of the context: there it is also what a WebSocket said at `connection_init`.
      authorization: context.headers?.['authorization'],
      'user-agent': request.headers.get('user-agent'),
      // The language of messages.
      'accept-language': request.headers.get('accept-language'),
      // This gateway is the edge: what a client says of itself does not count.
      'x-forwarded-for': context.req?.socket?.remoteAddress,
      ...(subgraphName === 'auth' && {
        // From requests only that no foreign page can send unasked (WHATWG Fetch §3.2.2).
        cookie: isJson(request) ? request.headers.get('cookie') : null,
        // A client's secret: by it a repeated mutation gets the outcome of the first.
        'idempotency-key': request.headers.get('idempotency-key'),
        'x-router-secret': ROUTER_SECRET,
      }),
    }),
    fromSubgraphsToClient: ({ response }) => ({ 'set-cookie': response.headers.getSetCookie() }),
  },

  // Else every web origin may call with credentials. Name those of your applications.
  cors: false,
  maxDepth: 12,
  maxTokens: 2_000,
});

function isJson({ headers }: Request): boolean {
  return headers.get('content-type')?.startsWith('application/json') ?? false;
}
