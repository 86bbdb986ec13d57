import type { FastifyReply } from 'fastify';

/** A client that reads nothing for this long is disconnected, in milliseconds: something is written more often. */
const STALL_MS = 30_000;

interface Head {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Writes events as they come, until they end. A disconnect ends them at once, and so releases their resources. */
export async function writeEvents<Event>(
  reply: FastifyReply,
  { status, headers }: Head,
  events: AsyncIterableIterator<Event>,
  write: (event: Event) => string,
): Promise<void> {
  const { raw } = reply.hijack();
  raw.once('close', () => void events.return?.());
  // The client may have disconnected while the events were prepared.
  if (raw.destroyed) return void (await events.return?.());
  raw.setTimeout(STALL_MS, () => raw.destroy());
  raw.writeHead(status, {
    ...(reply.getHeaders() as Record<string, string>),
    ...headers,
    'cache-control': 'no-store',
  });
  for await (const event of events) {
    if (raw.destroyed) return;
    if (!raw.write(write(event))) await drained(raw);
  }
  raw.end();
}

export function drained(raw: FastifyReply['raw']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      raw.off('drain', done);
      raw.off('close', done);
      resolve();
    };
    raw.once('drain', done);
    raw.once('close', done);
  });
}
