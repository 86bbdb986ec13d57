import type { WebSocket, WebSocketServer } from 'ws';

/**
 * Pings every socket (RFC 6455 §5.5.2) and terminates those that have sent nothing since the previous ping. The ping of
 * graphql-ws would also close a socket that is paused while its subscriptions wait, because the pong is not read.
 */
export function startPings(sockets: WebSocketServer, pingMs: number): NodeJS.Timeout {
  const heard = new WeakSet<WebSocket>();
  sockets.on('connection', (socket) => {
    heard.add(socket);
    socket.on('pong', () => heard.add(socket));
    socket.on('message', () => heard.add(socket));
  });
  return setInterval(() => {
    for (const socket of sockets.clients) {
      if (socket.isPaused) heard.add(socket);
      else if (heard.delete(socket)) socket.ping();
      else socket.terminate();
    }
  }, pingMs).unref();
}
