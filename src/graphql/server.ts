import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLFormattedError, type GraphQLSchema, OperationTypeNode } from 'graphql';
import type { EventLog, Logger } from '../core/ports.ts';
import type { GraphQLContext } from './context.ts';
import { isOurs, toGraphQLError } from './errors.ts';
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
export function createGraphQLServer({ schema, events, logger, revealSchema }: Options): ApolloServer<GraphQLContext> {
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
    formatError: (formatted, error) => mask(formatted, error, logger),
    logger: {
      debug: (message) => logger.debug({}, String(message)),
      info: (message) => logger.debug({}, String(message)),
      warn: (message) => logger.warn({}, String(message)),
      error: (message) => logger.error({}, String(message)),
    },
    plugins: [ApolloServerPluginLandingPageDisabled(), requestPlugin({ schema, events, logger })],
  });
}

/** Codes of errors that graphql-js and Apollo Server make of the request itself, before anything was resolved. */
const REQUEST_ERROR_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_FOUND',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** Resolvers mask their own errors; this is for what graphql-js adds: values that do not serialise, nulls where none may be. */
function mask(formatted: GraphQLFormattedError, error: unknown, logger: Logger): GraphQLFormattedError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (isOurs(error) || isOurs(original)) return formatted;
  const ofRequest = formatted.path === undefined && REQUEST_ERROR_CODES.has(formatted.extensions?.['code']);
  if (ofRequest) return formatted;
  const masked = toGraphQLError(original, { requestId: null, logger }).toJSON();
  return { ...masked, ...(formatted.path && { path: formatted.path }), ...(formatted.locations && { locations: formatted.locations }) };
}

function requestPlugin({ schema, events, logger }: Pick<Options, 'schema' | 'events' | 'logger'>): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: async () => ({
      didResolveOperation: async ({ document, operation, request }) => {
        if (operation === undefined) return;
        const refused = refuseOperation(schema, document, operation, request.variables ?? {});
        if (refused !== null) throw refused;
        // Executed as a query it would answer null, and nobody would know why.
        if (operation.operation === OperationTypeNode.SUBSCRIPTION) throw new GraphQLError(SUBSCRIPTION_BY_HTTP, BAD_USER_INPUT);
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
function settleStatus({ request, response }: GraphQLRequestContext<GraphQLContext>): void {
  const accept = request.http?.headers.get('accept') ?? '';
  if (!accept.includes('application/graphql-response+json')) response.http.status = 200;
}
