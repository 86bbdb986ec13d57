import type { IncomingMessage } from 'node:http';
import { CloseCode, MessageType, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../core/ports.ts';
import type { SubscriptionOpenings } from './subscription-openings.ts';

/** What a client may leave unread before it sends more, in bytes. */
const MAX_UNREAD = 1024 * 1024;

/** What a socket's subscriptions share. */
export interface SocketContext {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly opening: SubscriptionOpenings;
}

/**
 * Speaks GraphQL on a socket that has been opened. In place of the library's own adapter, which writes a stack to the console
 * for each frame that is none, each message that only a server may send, and each client that leaves while it is written to:
 * strangers could fill the log.
 */
export function serveSocket(server: Server<SocketContext>, context: SocketContext, logger: Logger): void {
  const { socket } = context;
  // `ws` closes the socket with the code that the error has in RFC 6455.
  socket.on('error', (error) => logger.debug({ err: error }, 'a WebSocket failed'));
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(socket, data),
      close: (code, reason) => socket.close(code, reason),
      onPing: (payload) => answerPing(socket, payload),
      onMessage: (handle) =>
        socket.on('message', (data) => {
          // It asks on and on, and reads no answer.
          if (socket.bufferedAmount > MAX_UNREAD) {
            socket.terminate();
            return;
          }
          handle(String(data)).catch((error: unknown) => fail(socket, error, logger));
        }),
    },
    context,
  );
  socket.once('close', (code, reason) => void closed(code, String(reason)));
}

/** Resolves when the data is on its way; what a client that has left would have got is dropped. */
function send(socket: WebSocket, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

/** The payload comes back with the pong. One that is nested too deep for JSON.stringify closes the socket. */
async function answerPing(socket: WebSocket, payload: Record<string, unknown> | undefined): Promise<void> {
  let pong: string;
  try {
    pong = JSON.stringify({ type: MessageType.Pong, payload });
  } catch {
    socket.close(CloseCode.BadRequest, 'Ping payload nested too deep');
    return;
  }
  await send(socket, pong);
}

function fail(socket: WebSocket, error: unknown, logger: Logger): void {
  if (isClientsMistake(error)) {
    socket.close(CloseCode.BadRequest, 'Unexpected message received');
    return;
  }
  logger.error({ err: error }, 'a message of a WebSocket could not be handled');
  socket.close(CloseCode.InternalServerError, 'Internal server error');
}

/** The library throws for a message that only a server may send. */
function isClientsMistake(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message');
}
