import type { FastifyInstance } from 'fastify';
import type { Logger } from '../core/ports.ts';

/** What the HTTP layer itself refuses, in the shape that GraphQL clients read. A failure of ours says nothing of itself. */
export function addErrorAnswers(server: FastifyInstance, logger: Logger): void {
  server.setNotFoundHandler((_request, reply) =>
    reply.code(404).send(answer('There is nothing here.', 'NOT_FOUND')),
  );
  server.setErrorHandler((error: { statusCode?: number; message: string }, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return reply.code(status).send(answer(error.message, 'BAD_REQUEST'));
    logger.error({ err: error, requestId: request.id }, 'an unexpected error');
    return reply.code(500).send(answer('Internal error', 'INTERNAL_SERVER_ERROR'));
  });
}

function answer(message: string, code: string) {
  return { errors: [{ message, extensions: { code } }] };
}
