import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import { createHandler, type OperationArgs, type Response } from 'graphql-sse';
import type { GraphQLContext } from '../graphql/context.ts';
import type { SubscriptionGate, SubscriptionRequest } from '../graphql/subscription-gate.ts';

interface Options {
  readonly gate: SubscriptionGate;
  readonly createContext: (request: FastifyRequest, reply: FastifyReply) => GraphQLContext;
}

type Body = AsyncGenerator<string, void, undefined>;

/** Does the client want its answer as a stream of events? Hive Gateway names other media types beside it. */
export function wantsEventStream({ headers }: FastifyRequest): boolean {
  return /\btext\/event-stream\b/.test(headers.accept ?? '');
}

/**
 * Subscriptions as server-sent events at `/graphql`, one connection each ("distinct connections mode"): the other mode keeps
 * its streams in one process's memory, where the next request of a client may not arrive.
 */
export function createEventStreams(app: FastifyInstance, { gate, createContext }: Options) {
  const open = new Set<Body>();
  const handle = createHandler<FastifyRequest, { reply: FastifyReply }>({
    // No token, no single-connection mode.
    authenticate: () => null,
    validate: () => [],
    onSubscribe: ({ raw, context: { reply } }, params) => {
      const admitted = gate.admit(params as SubscriptionRequest, () => createContext(raw, reply));
      return 'schema' in admitted ? (admitted as OperationArgs<undefined>) : { errors: admitted };
    },
    // What it takes for a result it only ever writes as JSON.
    onNext: (_context, _request, result) => gate.mask(result) as ExecutionResult | undefined,
  });
  app.addHook('preClose', async () => {
    for (const body of open) await body.return();
  });

  return async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    const [body, init] = await handle({
      method: request.method,
      url: request.url,
      headers: { get: (name) => (name === 'accept' ? 'text/event-stream' : one(request.headers[name])) },
      body: () => request.body as Record<string, unknown>,
      raw: request,
      context: { reply },
    });
    if (body === null || typeof body === 'string') return void (await answer(reply, init, body));
    open.add(body as Body);
    await pipe(body as Body, reply, init).finally(() => open.delete(body as Body));
  };
}

async function answer(
  reply: FastifyReply,
  { status, headers }: Response[1],
  body: string | null,
): Promise<void> {
  await reply
    .code(status)
    .headers(headers ?? {})
    .send(body ?? undefined);
}

/** Writes events as they come. A client that leaves ends the stream at once, and with it what the stream holds. */
async function pipe(body: Body, reply: FastifyReply, { status, headers }: Response[1]): Promise<void> {
  const { raw } = reply.hijack();
  raw.once('close', () => void body.return());
  raw.writeHead(status, {
    ...(reply.getHeaders() as Record<string, string>),
    ...headers,
    'cache-control': 'no-store',
  });
  for await (const event of body) {
    if (!raw.write(event)) await drained(raw);
  }
  raw.end();
}

function drained(raw: FastifyReply['raw']): Promise<void> {
  return new Promise((resolve) => {
    raw.once('drain', resolve);
    raw.once('close', resolve);
  });
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
