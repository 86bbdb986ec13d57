import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { errorBody } from '../graphql/results/error-body.ts';
import { limitChunks } from './limit-chunks.ts';
import { noStore } from './no-store.ts';
import { requireHost } from './require-host.ts';
import { requireJson } from './require-json.ts';
import type { Refusal, StreamAdmission } from './stream-admission.ts';

/** Where clients open streams themselves, beside a router that has none. */
export const PUBLIC_STREAMS_PATH = '/graphql/stream';

interface Options {
  readonly admission: StreamAdmission;
  readonly stream: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
}

/**
 * Serves subscriptions, and nothing else, as server-sent events to anyone, whatever the request accepts. By POST only: by GET
 * the operation would be in URLs and their logs.
 */
export function addPublicStreams(server: FastifyInstance, { admission, stream }: Options): void {
  server.route({
    method: 'POST',
    url: PUBLIC_STREAMS_PATH,
    onRequest: [
      noStore,
      requireHost,
      requireJson,
      async (request, reply) => {
        const refusal = await admission.refuse(request.raw, reply.raw);
        if (refusal !== null) await answer(reply, refusal);
      },
    ],
    preParsing: limitChunks,
    handler: stream,
  });
}

function answer(reply: FastifyReply, { status, retryAfterSeconds }: Refusal): FastifyReply {
  if (retryAfterSeconds !== null) reply.header('retry-after', retryAfterSeconds);
  return reply.code(status).send(errorBody(...WORDS[status]));
}

const WORDS: Readonly<Record<Refusal['status'], [message: string, code: string]>> = {
  403: ['This origin is not allowed.', 'FORBIDDEN'],
  429: ['Too many streams. Try again later.', 'RATE_LIMITED'],
  500: ['Internal error', 'INTERNAL_SERVER_ERROR'],
  503: ['Too many streams are open. Try again later.', 'SERVICE_UNAVAILABLE'],
};
