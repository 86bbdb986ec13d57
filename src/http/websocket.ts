import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { GraphQLError } from 'graphql';
import { CloseCode, handleProtocols, makeServer } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { addressBucket } from '../core/ip-address.ts';
import type { Logger } from '../core/ports.ts';
import type { SubscriptionGate } from '../graphql/operations/subscription-gate.ts';
import type { GraphQLContext } from '../graphql/request/context.ts';
import type { IsAllowedOrigin } from './allowed-origins.ts';
import type { ClientAddress } from './client-address.ts';
import { connectionToken } from './connection-token.ts';
import { FairTurns } from './fair-turns.ts';
import { type SocketContext, serveSocket } from './graphql-socket.ts';
import { ignoreUpgrades } from './ignored-upgrades.ts';
import { OpenSockets } from './open-sockets.ts';
import { startPings } from './ping.ts';
import type { RefusedCallers } from './refused-callers.ts';
import type { IsFromRouter } from './router-secret.ts';
import { SubscriptionOpenings } from './subscription-openings.ts';
import type { Timeouts } from './timeouts.ts';

/** A client that does not answer our goodbye for this long is let go without, in milliseconds. */
const CLOSE_GRACE_MS = 2_000;

/** RFC 6455 §7.4.1. */
const GOING_AWAY = 1001;

/** In bytes. A subscription is a few hundred. */
const MAX_PAYLOAD = 64 * 1024;

/** When a client that was refused for the number of sockets may try again, in seconds. */
const RETRY_AFTER_SECONDS = 10;

interface Options {
  readonly gate: SubscriptionGate;
  readonly createContext: (request: IncomingMessage, token: string | null) => Promise<GraphQLContext>;
  readonly clientAddress: ClientAddress;
  readonly isAllowedOrigin: IsAllowedOrigin;
  readonly isFromRouter: IsFromRouter;
  readonly refusedCallers: RefusedCallers;
  /** False where all sockets come from a router, and so from its few addresses. */
  readonly limitsAddresses: boolean;
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
  readonly timeouts: Timeouts;
  readonly logger: Logger;
}

/**
 * Subscriptions over WebSocket (`graphql-transport-ws`) at `/graphql`. A connection is never refused for its credential:
 * Hive Gateway takes that for a network fault, tries six times and leaves its client in silence. Each subscription is
 * authenticated on its own, and one without a good credential is told so by its stream.
 */
export function addWebSockets(app: FastifyInstance, options: Options): void {
  const { gate, createContext, timeouts, logger } = options;
  const openSockets = new OpenSockets(options);
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, handleProtocols });
  const pings = startPings(sockets, timeouts.pingMs);
  const server = makeServer<Record<string, unknown>, SocketContext>({
    connectionInitWaitTimeout: timeouts.connectionInitMs,
    onSubscribe: async (context, id, payload) => {
      const { request, socket, opening } = context.extra;
      if (opening.has(id)) {
        // Its subscription was completed while it was still being opened. The library cannot tell the two apart.
        socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} is still being opened`);
        return abandoned();
      }
      await opening.start(id);
      // The client may have completed it, or left, while it waited.
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
    onNext: (_context, _id, _payload, { contextValue }, result) =>
      gate.mask(result, contextValue as GraphQLContext),
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
  ignoreUpgrades(app.server, isWebSocketUpgrade);
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refuseStranger(request, options) ?? admitOrRefuse(request, socket, openSockets, options);
    if (refusal !== null) return answer(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  app.addHook('preClose', async () => {
    const terminate = () => {
      for (const client of sockets.clients) client.terminate();
    };
    const grace = setTimeout(terminate, CLOSE_GRACE_MS);
    // Going away: clients reconnect elsewhere.
    for (const client of sockets.clients) client.close(GOING_AWAY, 'Going away');
    await new Promise((resolve) => sockets.close(resolve));
    clearTimeout(grace);
    clearInterval(pings);
  });
}

/** All else is an ordinary request, and so is one with a body, which would be taken for frames. */
function isWebSocketUpgrade({ method, url, headers, httpVersion }: IncomingMessage): boolean {
  return (
    method === 'GET' &&
    url?.split('?', 1)[0] === '/graphql' &&
    httpVersion === '1.1' &&
    headers.upgrade?.toLowerCase() === 'websocket' &&
    (headers['content-length'] ?? '0') === '0' &&
    headers['transfer-encoding'] === undefined
  );
}

/** The answer to a subscription that no client waits for: the library sends it to nobody. */
function abandoned(): GraphQLError[] {
  return [new GraphQLError('The subscription was abandoned.')];
}

/** Answers a request that is not upgraded. Node has left its socket to us: an error that nobody hears would end the process. */
function answer(socket: Duplex, head: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${head}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`, () => socket.destroy());
}

function refuseStranger(
  { headers }: IncomingMessage,
  { isAllowedOrigin, isFromRouter, refusedCallers }: Options,
): string | null {
  // Browsers let any page open a WebSocket anywhere, and say only here which page it was.
  if (headers.origin !== undefined && !isAllowedOrigin(headers.origin)) {
    refusedCallers.webSocket(headers.origin);
    return '403 Forbidden';
  }
  return isFromRouter(headers) ? null : '403 Forbidden';
}

/** Counts the socket, or says why it is one too many. */
function admitOrRefuse(
  request: IncomingMessage,
  socket: Duplex,
  openSockets: OpenSockets,
  { limitsAddresses, clientAddress }: Options,
): string | null {
  const address = limitsAddresses ? clientAddress(request) : null;
  switch (openSockets.admit(socket, address && addressBucket(address))) {
    case 'admitted':
      return null;
    case 'too-many-of-address':
      return `429 Too Many Requests\r\nRetry-After: ${RETRY_AFTER_SECONDS}`;
    case 'too-many':
      return `503 Service Unavailable\r\nRetry-After: ${RETRY_AFTER_SECONDS}`;
  }
}
