import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { EventLog, Logger } from '../core/ports.ts';
import type { GraphQLContext } from './context.ts';
import { maskError } from './errors.ts';
import { limits } from './limits.ts';
import { refuseOperation } from './operation-rules.ts';
import { recordRefusals } from './refusals.ts';

interface Options {
  readonly schema: GraphQLSchema;
  readonly events: EventLog;
  readonly logger: Logger;
  /** Introspection, and "did you mean" in messages. Off in production; routers read the schema by `_service`. */
  readonly revealSchema: boolean;
}

/** The server that answers queries and mutations by HTTP. */
export function createGraphQLServer({
  schema,
  events,
  logger,
  revealSchema,
}: Options): ApolloServer<GraphQLContext> {
  return new ApolloServer<GraphQLContext>({
    schema,
    introspection: revealSchema,
    hideSchemaDetailsFromClientErrors: !revealSchema,
    includeStacktraceInErrorResponses: false,
    parseOptions: { maxTokens: limits.tokens },
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // Signals are the process's business: two handlers hang one another.
    stopOnTerminationSignals: false,
    formatError: (formatted, error) => maskError(formatted, error, logger),
    logger: {
      debug: (message) => logger.debug({}, String(message)),
      info: (message) => logger.debug({}, String(message)),
      warn: (message) => logger.warn({}, String(message)),
      error: (message) => logger.error({}, String(message)),
    },
    plugins: [
      ApolloServerPluginLandingPageDisabled(),
      // It wraps every resolver to find out for how long an answer may be cached: ours never is.
      ApolloServerPluginCacheControlDisabled(),
      // Anyone may ask for a trace by a header, and learns from it how long each field took.
      ApolloServerPluginInlineTraceDisabled(),
      requestPlugin({ schema, events, logger }),
    ],
  });
}

function requestPlugin({
  schema,
  events,
  logger,
}: Pick<Options, 'schema' | 'events' | 'logger'>): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, request, response }) => {
        if (operation === undefined) return;
        // Executed as a query a subscription would answer null, and nobody would know why.
        const refused =
          operation.operation === OperationTypeNode.SUBSCRIPTION
            ? new GraphQLError(SUBSCRIPTION_BY_HTTP, BAD_USER_INPUT)
            : refuseOperation(schema, document, operation, request.variables ?? {});
        if (refused === null) return;
        response.http.status = 400;
        throw refused;
      },
      willSendResponse: async (request) => {
        settleStatus(request);
        await recordRefusals(request.contextValue, events, logger);
      },
    }),
  };
}

const BAD_USER_INPUT = { extensions: { code: 'BAD_USER_INPUT' } };
const SUBSCRIPTION_BY_HTTP = 'Subscriptions are not answered by a plain HTTP request.';

/**
 * GraphQL over HTTP, §6.4: `application/json` says 200 to every well-formed request, even where the document is not.
 * Routers and their clients take another status for a broken subgraph. The newer media type has statuses that mean something.
 */
function settleStatus({ request, response, errors }: GraphQLRequestContext<GraphQLContext>): void {
  // A request without a query and a mutation by GET are refused by HTTP itself: no router sends them.
  if (errors?.some(({ extensions }) => extensions['code'] === 'BAD_REQUEST')) return;
  const accept = request.http?.headers.get('accept') ?? '';
  if (!accept.includes('application/graphql-response+json')) response.http.status = 200;
}
