import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ExecutionResult } from 'graphql';
import { createHandler, type OperationArgs, type Response } from 'graphql-sse';
import type { SubscriptionArgs } from '../graphql/operations/subscribe.ts';
import type { SubscriptionGate, SubscriptionRequest } from '../graphql/operations/subscription-gate.ts';
import type { CreateContext } from './graphql-handler.ts';
import { drained, writeEvents } from './write-events.ts';

interface Options {
  readonly gate: SubscriptionGate;
  readonly createContext: CreateContext;
}

type Body = AsyncGenerator<string, void, undefined>;

/** Whether the client accepts an event stream in preference to JSON. urql lists it after JSON with every request. */
export function wantsEventStream({ headers }: FastifyRequest): boolean {
  const [before = '', after] = (headers.accept ?? '').split('text/event-stream', 2);
  return after !== undefined && !before.includes('json');
}

/**
 * Serves subscriptions as server-sent events at `/graphql`, one connection each ("distinct connections mode"). The
 * single connection mode keeps streams in one process's memory, and a client's next request may reach another process.
 */
export function createEventStreams(app: FastifyInstance, { gate, createContext }: Options) {
  const open = new Set<Body>();
  const handle = createHandler<FastifyRequest, { reply: FastifyReply }>({
    // A null token disables the single connection mode.
    authenticate: () => null,
    validate: () => [],
    subscribe: (args) => gate.subscribe(args as unknown as SubscriptionArgs),
    onSubscribe: async ({ raw, context: { reply } }, params) => {
      const admitted = await gate.admit(params as SubscriptionRequest, () => createContext(raw, reply));
      return 'schema' in admitted ? (admitted as OperationArgs<undefined>) : only({ errors: admitted });
    },
    onNext: async (_context, { context: { reply } }) => {
      // The library queues without limit for a slow reader; waiting here leaves events in the stream, which is bounded.
      if (reply.raw.writableNeedDrain) await drained(reply.raw);
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
    // The library writes a ping every 12 s.
    await writeEvents(reply, init, body as Body, String).finally(() => open.delete(body as Body));
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

/** A stream of one event; the library does not accept a result without data otherwise. */
async function* only(result: ExecutionResult): AsyncGenerator<ExecutionResult, void, undefined> {
  yield result;
}

function one(header: string | string[] | undefined): string | null {
  return (Array.isArray(header) ? header[0] : header) ?? null;
}
