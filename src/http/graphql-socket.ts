import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { CloseCode, MessageType, type Server } from 'graphql-ws';
import type { WebSocket } from 'ws';
import type { Logger } from '../core/ports.ts';
import type { SubscriptionOpenings } from './subscription-openings.ts';

/** Unread bytes above which a client that sends another message is disconnected. */
const MAX_UNREAD = 1024 * 1024;

/** Context shared by a socket's subscriptions. */
export interface SocketContext {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly opening: SubscriptionOpenings;
}

/**
 * Serves GraphQL on an open socket. Replaces the library's adapter, which prints a stack to the console for each
 * invalid frame, each message that only a server may send, and each client that disconnects during a write: anyone
 * could fill the log.
 */
export function serveSocket(server: Server<SocketContext>, context: SocketContext, logger: Logger): void {
  const { socket } = context;
  // `ws` closes the socket with the error's code of RFC 6455.
  socket.on('error', (error) => logger.debug({ err: error }, 'a WebSocket failed'));
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (data) => send(context, data),
      close: (code, reason) => socket.close(code, reason),
      onPing: (payload) => answerPing(context, payload),
      onMessage: (handle) =>
        socket.on('message', (data) => {
          if (hasUnread(context)) {
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

/** Whether the client keeps sending without reading. What only waits for the end of the turn is written before it counts. */
function hasUnread({ socket, request }: SocketContext): boolean {
  if (socket.bufferedAmount > MAX_UNREAD) request.socket.uncork();
  return socket.bufferedAmount > MAX_UNREAD;
}

/** Collects what is written in one turn of the event loop into one system call: an event may concern many streams of a socket. */
function corkForTurn(connection: Socket): void {
  if (connection.writableCorked > 0) return;
  connection.cork();
  setImmediate(() => connection.uncork());
}

/** Resolves when the data has been written; drops data for a closed socket. */
function send({ socket, request }: SocketContext, data: string): Promise<void> {
  if (socket.readyState !== socket.OPEN) return Promise.resolve();
  corkForTurn(request.socket);
  return new Promise((resolve) => socket.send(data, () => resolve()));
}

/**
 * Returns the payload in the pong (graphql-transport-ws). A payload nested too deep for JSON.stringify closes the
 * socket.
 */
async function answerPing(
  context: SocketContext,
  payload: Record<string, unknown> | undefined,
): Promise<void> {
  let pong: string;
  try {
    pong = JSON.stringify({ type: MessageType.Pong, payload });
  } catch {
    context.socket.close(CloseCode.BadRequest, 'Ping payload nested too deep');
    return;
  }
  await send(context, pong);
}

function fail(socket: WebSocket, error: unknown, logger: Logger): void {
  if (isClientsMistake(error)) {
    socket.close(CloseCode.BadRequest, 'Unexpected message received');
    return;
  }
  logger.error({ err: error }, 'handling a WebSocket message failed');
  socket.close(CloseCode.InternalServerError, 'Internal server error');
}

/** The library throws on a message that only a server may send. */
function isClientsMistake(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('Unexpected message');
}
