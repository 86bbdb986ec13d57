import type { FastifyInstance } from 'fastify';
import type { Logger } from '../core/ports.ts';
import { errorBody } from '../graphql/results/error-body.ts';

/** Sends HTTP-layer errors in GraphQL shape; 5xx messages are masked. */
export function addErrorAnswers(server: FastifyInstance, logger: Logger): void {
  server.setNotFoundHandler((_request, reply) => reply.code(404).send(errorBody('Not found.', 'NOT_FOUND')));
  server.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send(errorBody(error.message, 'BAD_REQUEST'));
    logger.error({ err: error, requestId: request.id }, 'an unexpected error');
    return reply.code(500).send(errorBody('Internal error', 'INTERNAL_SERVER_ERROR'));
  });
}
