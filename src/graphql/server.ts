import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { GraphQLError, type GraphQLSchema, OperationTypeNode, parse } from 'graphql';
import type { EventLog, Logger } from '../core/ports.ts';
import { answerTooLarge } from './operations/answer-size.ts';
import type { Documents } from './operations/documents.ts';
import { refuseOperation } from './operations/operation-rules.ts';
import type { GraphQLContext } from './request/context.ts';
import { countRefusals } from './request/refusals.ts';
import { maskError } from './results/errors.ts';

interface Options {
  readonly schema: GraphQLSchema;
  readonly documents: Documents;
  readonly events: EventLog;
  readonly logger: Logger;
}

/** The server that answers queries and mutations by HTTP. */
export function createGraphQLServer({
  schema,
  documents,
  events,
  logger,
}: Options): ApolloServer<GraphQLContext> {
  return new ApolloServer<GraphQLContext>({
    schema,
    // Whether the schema is told is up to `documents`: Apollo Server validates nothing.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    // Documents come from `documents`, which every transport shares.
    documentStore: null,
    // A router keeps them for its clients; here anyone could fill the cache.
    persistedQueries: false,
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
      requestPlugin({ schema, documents, events }),
    ],
  });
}

/** In place of a refused document: Apollo Server can be told of a refusal in `didResolveOperation`, which needs a document. */
const NO_DOCUMENT = parse('{ __typename }');

function requestPlugin({
  schema,
  documents,
  events,
}: Omit<Options, 'logger'>): ApolloServerPlugin<GraphQLContext> {
  return {
    requestDidStart: async () => {
      let refused: GraphQLError | null = null;
      return {
        didResolveSource: async (request) => {
          const reading = documents.read(request.source);
          if (reading.kind === 'refused') refused = reading.error;
          // With a document at hand Apollo Server neither parses nor validates.
          Object.assign(request, { document: reading.kind === 'valid' ? reading.document : NO_DOCUMENT });
        },
        didResolveOperation: async ({ document, operation, request, response }) => {
          // Executed as a query a subscription would answer null, and nobody would know why.
          if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
            refused ??= new GraphQLError(SUBSCRIPTION_BY_HTTP, BAD_USER_INPUT);
          if (operation !== undefined)
            refused ??= refuseOperation(schema, document, operation, request.variables ?? {});
          if (refused === null) return;
          response.http.status = 400;
          throw refused;
        },
        willSendResponse: async (request) => {
          if (request.contextValue.answerSize.exceeded) {
            Object.assign(request.response, { body: { kind: 'single', singleResult: answerTooLarge } });
          }
          settleStatus(request);
          countRefusals(request.contextValue, events);
        },
      };
    },
  };
}

const BAD_USER_INPUT = { extensions: { code: 'BAD_USER_INPUT' } };
const SUBSCRIPTION_BY_HTTP = 'Subscriptions are not answered by a plain HTTP request.';

/**
 * `application/json` is always 200, even for an invalid document: routers take any other status for a broken subgraph, and
 * lose its errors. (The GraphQL over HTTP draft says nothing of `application/json` since July 2026.)
 * `application/graphql-response+json` has statuses with a meaning.
 */
function settleStatus({ request, response, errors }: GraphQLRequestContext<GraphQLContext>): void {
  // A request without a query and a mutation by GET are refused by HTTP itself: no router sends them.
  if (errors?.some(({ extensions }) => extensions['code'] === 'BAD_REQUEST')) return;
  const accept = request.http?.headers.get('accept') ?? '';
  if (!accept.includes('application/graphql-response+json')) response.http.status = 200;
}
