import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import { createHandler, type OperationArgs, type Response } from 'graphql-sse';
import type { SubscriptionGate, SubscriptionRequest } from '../graphql/operations/subscription-gate.ts';
import type { GraphQLContext } from '../graphql/request/context.ts';

/** A reader who takes nothing for this long is gone, in milliseconds. The library writes something every 12 s. */
const STALL_MS = 30_000;

interface Options {
  readonly gate: SubscriptionGate;
  readonly createContext: (request: FastifyRequest, reply: FastifyReply) => Promise<GraphQLContext>;
}

type Body = AsyncGenerator<string, void, undefined>;

/** Does the client want its answer as a stream of events? Some name it with every request, after JSON: urql does. */
export function wantsEventStream({ headers }: FastifyRequest): boolean {
  const [before = '', after] = (headers.accept ?? '').split('text/event-stream', 2);
  return after !== undefined && !before.includes('json');
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
    onSubscribe: async ({ raw, context: { reply } }, params) => {
      const admitted = await gate.admit(params as SubscriptionRequest, () => createContext(raw, reply));
      return 'schema' in admitted ? (admitted as OperationArgs<undefined>) : only({ errors: admitted });
    },
    onNext: async (operationContext, { context: { reply } }, result) => {
      // It would queue for a slow reader whatever comes: so what comes waits in the stream, which is bounded.
      if (reply.raw.writableNeedDrain) await drained(reply.raw);
      // What it takes for a result it only ever writes as JSON.
      return gate.mask(result, operationContext as GraphQLContext | undefined) as ExecutionResult | undefined;
    },
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
  // While it was being opened, the client may have left.
  if (raw.destroyed) return void (await body.return());
  raw.setTimeout(STALL_MS, () => raw.destroy());
  raw.writeHead(status, {
    ...(reply.getHeaders() as Record<string, string>),
    ...headers,
    'cache-control': 'no-store',
  });
  for await (const event of body) {
    if (raw.destroyed) return;
    if (!raw.write(event)) await drained(raw);
  }
  raw.end();
}

/** As the one event of a stream: a result without data the library would not take for one. */
async function* only(result: ExecutionResult): AsyncGenerator<ExecutionResult, void, undefined> {
  yield result;
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
