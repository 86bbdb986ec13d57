import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import { useServer } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Secret } from '../core/secret.ts';
import { sameSecret } from '../core/secret-ring.ts';
import { connectionToken } from '../graphql/connection-token.ts';
import type { GraphQLContext } from '../graphql/context.ts';
import type { SubscriptionGate } from '../graphql/subscription-gate.ts';
import { ignoreUpgrades } from './ignored-upgrades.ts';

/** A client must say who it is within this long, in milliseconds. Apollo Router says it at once. */
const INIT_TIMEOUT_MS = 3_000;

/** A client that does not answer our goodbye for this long is let go without, in milliseconds. */
const CLOSE_GRACE_MS = 2_000;

/** In bytes. A subscription is a few hundred. */
const MAX_PAYLOAD = 64 * 1024;

interface Options {
  readonly gate: SubscriptionGate;
  readonly createContext: (request: IncomingMessage, token: string | null) => Promise<GraphQLContext>;
  readonly corsOrigins: readonly string[];
  readonly routerSecret: Secret | null;
}

/**
 * Subscriptions over WebSocket (`graphql-transport-ws`) at `/graphql`. A connection is never refused for its credential:
 * Hive Gateway takes that for a network fault, tries six times and leaves its client in silence. Each subscription is
 * authenticated on its own, and one without a good credential is told so by its stream.
 */
export function addWebSockets(app: FastifyInstance, options: Options): void {
  const { gate, createContext } = options;
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD });
  const server = useServer<Record<string, unknown>>(
    {
      connectionInitWaitTimeout: INIT_TIMEOUT_MS,
      // Messages of unexpected errors stay out of close reasons.
      isProd: true,
      onSubscribe: ({ connectionParams, extra: { request } }, _id, payload) =>
        gate.admit(payload, () =>
          createContext(request, connectionToken(request.headers) ?? connectionToken(connectionParams)),
        ),
      onNext: (_context, _id, _payload, { contextValue }, result) =>
        gate.mask(result, contextValue as GraphQLContext),
    },
    sockets,
  );
  ignoreUpgrades(app.server, isWebSocketUpgrade);
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const refusal = refuse(request, options);
    if (refusal !== null) return answer(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });
  app.addHook('preClose', async () => {
    const terminate = () => {
      for (const client of sockets.clients) client.terminate();
    };
    const grace = setTimeout(terminate, CLOSE_GRACE_MS);
    // Closes with 1001, "going away": clients reconnect elsewhere.
    await server.dispose();
    clearTimeout(grace);
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

/** Answers a request that is not upgraded. Node has left its socket to us: an error that nobody hears would end the process. */
function answer(socket: Duplex, status: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\n\r\n`, () => socket.destroy());
}

function refuse({ headers }: IncomingMessage, { corsOrigins, routerSecret }: Options): string | null {
  // Browsers let any page open a WebSocket anywhere, and say only here which page it was.
  if (headers.origin !== undefined && !corsOrigins.includes(headers.origin)) return '403 Forbidden';
  const secret = headers['x-router-secret'];
  const fromRouter =
    routerSecret === null || (typeof secret === 'string' && sameSecret(secret, routerSecret.reveal()));
  return fromRouter ? null : '403 Forbidden';
}
