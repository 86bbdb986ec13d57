import { ApolloServer, type ApolloServerPlugin, type GraphQLRequestContext } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
} from 'graphql';
import type { EventLog, Logger } from '../core/ports.ts';
import { answerTooLarge } from './operations/answer-size.ts';
import { credentialQueries } from './operations/credential-fields.ts';
import type { Documents } from './operations/documents.ts';
import { rootFields } from './operations/limits.ts';
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

/** Apollo Server for queries and mutations over HTTP. */
export function createGraphQLServer({
  schema,
  documents,
  events,
  logger,
}: Options): ApolloServer<GraphQLContext> {
  return new ApolloServer<GraphQLContext>({
    schema,
    // `documents` validates and decides about introspection; Apollo Server does neither.
    introspection: true,
    includeStacktraceInErrorResponses: false,
    // `documents` is the cache, shared by all transports.
    documentStore: null,
    // Routers support them for their clients; here anyone could fill the cache.
    persistedQueries: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    // `main.ts` handles signals; two handlers block each other.
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
      // It wraps every resolver to compute cache lifetimes; our responses are never cached.
      ApolloServerPluginCacheControlDisabled(),
      // Any client could request a trace by header and read the duration of each field.
      ApolloServerPluginInlineTraceDisabled(),
      requestPlugin({ schema, documents, events }),
    ],
  });
}

/** Stands in for a refused document: `didResolveOperation`, which throws the refusal, runs only with a document. */
const NO_DOCUMENT = parse('{ __typename }');

function requestPlugin({
  schema,
  documents,
  events,
}: Omit<Options, 'logger'>): ApolloServerPlugin<GraphQLContext> {
  const takesCredential = (document: DocumentNode, operation: OperationDefinitionNode) =>
    rootFields(document, operation).some(({ name }) => credentialQueries(schema).has(name.value));

  return {
    requestDidStart: async () => {
      let refused: GraphQLError | null = null;
      return {
        didResolveSource: async (request) => {
          const reading = documents.read(request.source);
          if (reading.kind === 'refused') refused = reading.error;
          // With a document set, Apollo Server neither parses nor validates.
          Object.assign(request, { document: reading.kind === 'valid' ? reading.document : NO_DOCUMENT });
        },
        didResolveOperation: async ({ contextValue, document, operation, request, response }) => {
          // Executed as a query, a subscription would return null without an error.
          if (operation?.operation === OperationTypeNode.SUBSCRIPTION)
            refused ??= new GraphQLError(SUBSCRIPTION_BY_HTTP, BAD_USER_INPUT);
          if (
            operation?.operation === OperationTypeNode.MUTATION &&
            contextValue.idempotencyKey.kind === 'malformed'
          )
            refused ??= new GraphQLError(MALFORMED_KEY, BAD_USER_INPUT);
          if (
            request.http?.method === 'GET' &&
            operation !== undefined &&
            takesCredential(document, operation)
          )
            refused ??= new GraphQLError(CREDENTIAL_BY_GET, BAD_USER_INPUT);
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
          const { retryAfterSeconds } = request.contextValue;
          if (retryAfterSeconds !== null)
            request.response.http.headers.set('retry-after', String(retryAfterSeconds));
          settleStatus(request);
          countRefusals(request.contextValue, events);
        },
      };
    },
  };
}

const BAD_USER_INPUT = { extensions: { code: 'BAD_USER_INPUT' } };
const MALFORMED_KEY = 'Idempotency-Key must be one header of 16 to 255 printable ASCII characters.';
// URLs are logged.
const CREDENTIAL_BY_GET = 'A query that takes a token must be sent by POST.';
const SUBSCRIPTION_BY_HTTP = 'Subscriptions need WebSocket or server-sent events.';

/**
 * Always 200 for `application/json`, even for an invalid document: routers treat any other status as a broken subgraph
 * and drop its errors. (Since July 2026 the GraphQL over HTTP draft no longer covers `application/json`.)
 * `application/graphql-response+json` keeps its status.
 */
function settleStatus({ request, response, errors }: GraphQLRequestContext<GraphQLContext>): void {
  // Requests without a query and mutations by GET keep their 4xx: no router sends them.
  if (errors?.some(({ extensions }) => extensions['code'] === 'BAD_REQUEST')) return;
  const accept = request.http?.headers.get('accept') ?? '';
  if (!accept.includes('application/graphql-response+json')) response.http.status = 200;
}
