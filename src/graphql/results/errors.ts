import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import { PublicError, UnavailableError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import { withoutStack } from '../../core/without-stack.ts';

/** Public message of every unexpected error. */
const INTERNAL_MESSAGE = 'Internal error';

interface Surroundings {
  readonly requestId: string | null;
  readonly logger: Logger;
  /** Where in the operation it happened. graphql-js does not wrap an error that has a path. */
  readonly at?: Pick<GraphQLErrorOptions, 'nodes' | 'path'>;
}

/**
 * Maps anything thrown to the error that the client sees; unexpected errors are logged and masked. Sets no HTTP status:
 * routers discard the errors and data of a response other than 200.
 */
export function toGraphQLError(error: unknown, { requestId, logger, at = {} }: Surroundings): GraphQLError {
  if (error instanceof GraphQLError && isOurs(error)) return error;
  if (error instanceof PublicError) {
    const retry = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds };
    const outcome =
      error instanceof UnavailableError && error.outcome !== undefined ? { outcome: error.outcome } : {};
    const extensions = { code: error.code, ...outcome, ...retry };
    return mark(withoutStack(() => new GraphQLError(error.message, { ...at, extensions })));
  }
  logger.error({ err: error, requestId }, 'an unexpected error');
  const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId };
  return mark(withoutStack(() => new GraphQLError(INTERNAL_MESSAGE, { ...at, extensions })));
}

/** A copy at a place of the response. Without `nodes`: computing the locations of a thousand takes longer than all data. */
export function errorAt(
  { message, extensions }: GraphQLError,
  path: readonly (string | number)[],
): GraphQLError {
  return mark(withoutStack(() => new GraphQLError(message, { path, extensions })));
}

/** Masks errors that graphql-js raises outside resolvers: serialisation failures and nulls in non-null fields. */
export function maskError(
  formatted: GraphQLFormattedError,
  error: unknown,
  logger: Logger,
): GraphQLFormattedError {
  const original = error instanceof GraphQLError ? (error.originalError ?? error) : error;
  if (isOurs(error) || isOurs(original)) return formatted;
  if (isOfArguments(original)) return { ...formatted, extensions: { code: 'BAD_USER_INPUT' } };
  const ofRequest = formatted.path === undefined && REQUEST_ERROR_CODES.has(formatted.extensions?.['code']);
  if (ofRequest) return formatted;
  const masked = toGraphQLError(original, { requestId: null, logger }).toJSON();
  return {
    ...masked,
    ...(formatted.path && { path: formatted.path }),
    ...(formatted.locations && { locations: formatted.locations }),
  };
}

/**
 * Whether graphql-js refused an argument whose variable is null, which only execution detects. The message names the
 * argument and its type and quotes no value.
 */
function isOfArguments(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    /^Argument "\w+" of (non-null|required) type "[^"]+" /.test(error.message)
  );
}

/** Codes of request errors, raised by graphql-js and Apollo Server before execution. */
const REQUEST_ERROR_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** A refusal created once and thrown by many fields; graphql-js does not wrap an error that has a path. */
export function sharedRefusal(message: string): GraphQLError {
  return mark(new GraphQLError(message, { path: [], extensions: { code: 'BAD_USER_INPUT' } }));
}

/** Errors created here, by identity: a code in `extensions` could come from elsewhere. */
const ours = new WeakSet<GraphQLError>();

function isOurs(error: unknown): boolean {
  return error instanceof GraphQLError && ours.has(error);
}

function mark(error: GraphQLError): GraphQLError {
  ours.add(error);
  return error;
}
