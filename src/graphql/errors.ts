import { GraphQLError } from 'graphql';
import { PublicError } from '../core/errors.ts';
import type { Logger } from '../core/ports.ts';

/** What a failure that we did not expect says to a caller, whatever it was. */
const INTERNAL_MESSAGE = 'Internal error';

/**
 * The one table of errors: what the caller gets for whatever was thrown. It never sets an HTTP status: behind a router
 * an answer other than 200 loses its errors and the rest of its data.
 */
export function toGraphQLError(error: unknown, { requestId, logger }: { requestId: string | null; logger: Logger }): GraphQLError {
  if (error instanceof GraphQLError && isOurs(error)) return error;
  if (error instanceof PublicError) {
    if (error.code === 'SERVICE_UNAVAILABLE') logger.warn({ err: error.cause, requestId }, 'a dependency did not answer');
    const retry = error.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: error.retryAfterSeconds };
    return mark(new GraphQLError(error.message, { extensions: { code: error.code, ...retry } }));
  }
  logger.error({ err: error, requestId }, 'an unexpected error');
  return mark(new GraphQLError(INTERNAL_MESSAGE, { extensions: { code: 'INTERNAL_SERVER_ERROR', requestId } }));
}

/** Errors that came out of the table. Marked by identity: a code in `extensions` proves nothing. */
const ours = new WeakSet<GraphQLError>();

export function isOurs(error: unknown): boolean {
  return error instanceof GraphQLError && ours.has(error);
}

function mark(error: GraphQLError): GraphQLError {
  ours.add(error);
  return error;
}
