// Apollo's gateway in front of Latchkey, for the tests alone: its licence (Elastic 2.0) is not ours. The same as Hive Gateway
// is told in examples/graph/gateway.config.ts, in its words; it has no subscriptions.
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { composeSupergraph } from '../../examples/graph/compose.ts';

const { AUTH_URL: authUrl, TASKS_URL: tasksUrl, ROUTER_SECRET: routerSecret, PORT } = process.env;

class Subgraph extends RemoteGraphQLDataSource {
  // Its own reads several Set-Cookie lines as one.
  fetcher = fetch;

  willSendRequest({ request, context }) {
    const { headers, socket } = context.req ?? { headers: {} };
    const passed = {
      authorization: headers.authorization,
      'user-agent': headers['user-agent'],
      'x-forwarded-for': socket?.remoteAddress,
      ...(this.name === 'auth' && {
        cookie: headers.cookie,
        'idempotency-key': headers['idempotency-key'],
        'x-router-secret': routerSecret,
      }),
    };
    for (const [name, value] of Object.entries(passed)) if (value) request.http.headers.set(name, value);
  }

  didReceiveResponse({ response, context }) {
    for (const cookie of response.http.headers.getSetCookie()) context.res.appendHeader('set-cookie', cookie);
    return response;
  }
}

const gateway = new ApolloGateway({
  supergraphSdl: composeSupergraph({ authUrl, tasksUrl }),
  buildService: ({ name, url }) => new Subgraph({ name, url }),
});
const server = new ApolloServer({ gateway, includeStacktraceInErrorResponses: false });
const { url } = await startStandaloneServer(server, {
  listen: { port: Number(PORT), host: '127.0.0.1' },
  context: async ({ req, res }) => ({ req, res }),
});
process.stdout.write(`Apollo's gateway serves at ${url}\n`);
