import { GraphQLError, type GraphQLErrorOptions, type GraphQLFormattedError } from 'graphql';
import { PublicError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import { withoutStack } from '../../core/without-stack.ts';

/** What a failure that we did not expect says to a caller, whatever it was. */
const INTERNAL_MESSAGE = 'Internal error';

interface Surroundings {
  readonly requestId: string | null;
  readonly logger: Logger;
  /** Where in the operation it happened. An error that knows is not wrapped in another one by graphql-js. */
  readonly at?: Pick<GraphQLErrorOptions, 'nodes' | 'path'>;
}

/**
 * The one table of errors: what the caller gets for whatever was thrown. It never sets an HTTP status: behind a router
 * an answer other than 200 loses its errors and the rest of its data.
 */
export function toGraphQLError(error: unknown, { requestId, logger, at = {} }: Surroundings): GraphQLError {
  if (error instanceof GraphQLError && isOurs(error)) return error;
  if (error instanceof PublicError) {
    const retry = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds };
    const extensions = { code: error.code, ...retry };
    return mark(withoutStack(() => new GraphQLError(error.message, { ...at, extensions })));
  }
  logger.error({ err: error, requestId }, 'an unexpected error');
  const extensions = { code: 'INTERNAL_SERVER_ERROR', requestId };
  return mark(withoutStack(() => new GraphQLError(INTERNAL_MESSAGE, { ...at, extensions })));
}

/** Resolvers mask their own errors; this is for what graphql-js adds: values that do not serialise, nulls where none may be. */
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
 * What graphql-js says of an argument that has become null by its variable, which only execution finds out. It names the
 * argument and its type, and quotes no value.
 */
function isOfArguments(error: unknown): boolean {
  return (
    error instanceof GraphQLError &&
    /^Argument "\w+" of (non-null|required) type "[^"]+" /.test(error.message)
  );
}

/** Codes of errors that graphql-js and Apollo Server make of the request itself, before anything was resolved. */
const REQUEST_ERROR_CODES: ReadonlySet<unknown> = new Set([
  'GRAPHQL_PARSE_FAILED',
  'GRAPHQL_VALIDATION_FAILED',
  'BAD_USER_INPUT',
  'BAD_REQUEST',
  'OPERATION_RESOLUTION_FAILURE',
  'PERSISTED_QUERY_NOT_SUPPORTED',
]);

/** A refusal made once for many fields, and not wrapped for each: graphql-js takes an error with a path as it is. */
export function sharedRefusal(message: string): GraphQLError {
  return mark(new GraphQLError(message, { path: [], extensions: { code: 'BAD_USER_INPUT' } }));
}

/** Errors that came out of the table. Marked by identity: a code in `extensions` proves nothing. */
const ours = new WeakSet<GraphQLError>();

function isOurs(error: unknown): boolean {
  return error instanceof GraphQLError && ours.has(error);
}

function mark(error: GraphQLError): GraphQLError {
  ours.add(error);
  return error;
}
