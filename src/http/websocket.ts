import { randomUUID } from 'node:crypto';
import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { type FormattedExecutionResult, GraphQLError } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressBucket } from '../core/ip-address.ts';
import type { Logger } from '../core/ports.ts';
import type { SubscriptionArgs } from '../graphql/operations/subscribe.ts';
import type { SubscriptionGate } from '../graphql/operations/subscription-gate.ts';
import type { GraphQLContext } from '../graphql/request/context.ts';
import type { ClientAddress } from './client-address.ts';
import { connectionToken } from './connection-token.ts';
import { FairTurns } from './fair-turns.ts';
import { type SocketContext, serveSocket } from './graphql-socket.ts';
import { ignoreUpgrades } from './ignored-upgrades.ts';
import { pathOf } from './path-of.ts';
import { startPings } from './ping.ts';
import type { Refusal, StreamAdmission } from './stream-admission.ts';
import { SubscriptionOpenings } from './subscription-openings.ts';
import type { Timeouts } from './timeouts.ts';

/** Time for clients to answer our close frame, in milliseconds; then the connection is terminated. */
const CLOSE_GRACE_MS = 2_000;

/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;

/** Size of one message, in bytes. A subscription has a few hundred. */
const MAX_PAYLOAD = 64 * 1024;

interface Options {
  readonly gate: SubscriptionGate;
  readonly createContext: (request: IncomingMessage, token: string | null) => Promise<GraphQLContext>;
  /** By path. */
  readonly admissions: ReadonlyMap<string, StreamAdmission>;
  readonly clientAddress: ClientAddress;
  readonly timeouts: Timeouts;
  readonly logger: Logger;
}

/**
 * Adds subscriptions over WebSocket (`graphql-transport-ws`). A connection is never refused because of its credential: Hive
 * Gateway treats that as a network failure, retries six times and sends its client no error. Each subscription is
 * authenticated separately; an invalid credential is an error of its stream.
 */
export function addWebSockets(app: FastifyInstance, options: Options): void {
  const { gate, createContext, admissions, timeouts, logger } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, handleProtocols });
  const pings = startPings(sockets, timeouts.pingMs);
  const server = makeServer<Record<string, unknown>, SocketContext>({
    subscribe: (args) => gate.subscribe(args as SubscriptionArgs),
    connectionInitWaitTimeout: timeouts.connectionInitMs,
    onSubscribe: async (context, id, payload) => {
      const { request, socket, opening } = context.extra;
      if (opening.has(id)) {
        // The id is reused while its first subscription is still opening; the library cannot distinguish the two.
        socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} is still being opened`);
        return abandoned();
      }
      await opening.start(id);
      // The client may have completed it or disconnected while it waited.
      const admitted =
        id in context.subscriptions
          ? await gate.admit(payload, () =>
              createContext(
                request,
                connectionToken(request.headers) ?? connectionToken(context.connectionParams),
              ),
            )
          : abandoned();
      if (!('schema' in admitted)) opening.end(id);
      return admitted;
    },
    onOperation: ({ extra }, id) => extra.opening.end(id),
    // The gate has formatted its errors; otherwise the library would, and fail.
    onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult,
  });
  const turns = new FairTurns();
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    const address = addressBucket(options.clientAddress(request) ?? '');
    const id = randomUUID();
    const opening = new SubscriptionOpenings(
      socket,
      () => turns.wait(address, id),
      timeouts.firstSubscribeMs,
    );
    serveSocket(server, { socket, request, opening }, logger);
  });
  const admissionOf = (request: IncomingMessage) =>
    isWebSocketUpgrade(request) ? admissions.get(pathOf(request.url)) : undefined;
  ignoreUpgrades(app.server, (request) => admissionOf(request) !== undefined);
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // Node has detached the socket: until the library listens, an 'error' event would end the process.
    const destroy = () => socket.destroy();
    socket.on('error', destroy);
    const admission = admissionOf(request);
    if (admission === undefined) return destroy();
    void admission.refuse(request, socket).then((refusal) => {
      if (refusal !== null) return answer(socket, refusal);
      socket.off('error', destroy);
      if (socket.destroyed) return;
      sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
    });
  });
  app.addHook('preClose', async () => {
    const terminate = () => {
      for (const client of sockets.clients) client.terminate();
    };
    const grace = setTimeout(terminate, CLOSE_GRACE_MS);
    // Clients reconnect, to another instance, after this code.
    for (const client of sockets.clients) client.close(GOING_AWAY, 'Going away');
    await new Promise((resolve) => sockets.close(resolve));
    clearTimeout(grace);
    clearInterval(pings);
  });
}

/** Other requests are handled as ordinary HTTP, also those with a body, which would be parsed as frames. */
function isWebSocketUpgrade({ method, headers, httpVersion }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    httpVersion === '1.1' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    (headers['content-length'] ?? '0') === '0' &&
    headers['transfer-encoding'] === undefined
  );
}

/** Result of a cancelled subscription; the library does not send it. */
function abandoned(): GraphQLError[] {
  return [new GraphQLError('The subscription was cancelled.')];
}

/** Responds to a refused upgrade. */
function answer(socket: Duplex, { status, retryAfterSeconds }: Refusal): void {
  const retryAfter = retryAfterSeconds === null ? '' : `\r\nRetry-After: ${retryAfterSeconds}`;
  const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}${retryAfter}`;
  socket.end(`${head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}
