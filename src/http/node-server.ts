import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Timeouts } from './timeouts.ts';

/** A connection without traffic for this long is closed, in milliseconds: its client does not read the response. */
const STALL_MS = 30_000;

/** Keep-alive timeout, in milliseconds: longer than that of common proxies. */
const KEEP_ALIVE_MS = 72_000;

/**
 * Requests in flight per connection. Today's clients do not pipeline. Node starts every request that one read contains:
 * 30 connections that pipelined hundreds of requests and read no response took 3 GB.
 */
const MAX_PIPELINED = 10;

/** Node's server, with bounds on what one connection may hold. */
export function createNodeServer(handle: RequestListener, { requestMs, requestCheckMs }: Timeouts): Server {
  const options = {
    requestTimeout: requestMs,
    // Half a head may not hold a connection either; Node would wait for 60 s.
    headersTimeout: requestMs,
    connectionsCheckingInterval: requestCheckMs,
    keepAliveTimeout: KEEP_ALIVE_MS,
  };
  const server = createServer(options, limitPipelining(handle));
  server.timeout = STALL_MS;
  return server;
}

function limitPipelining(handle: RequestListener): RequestListener {
  const inFlight = new WeakMap<Socket, number>();
  return (request, response) => {
    const { socket } = request;
    // Pipelined requests that were read together with the one over the limit.
    if (socket.destroyed) return;
    const count = (inFlight.get(socket) ?? 0) + 1;
    if (count > MAX_PIPELINED) {
      socket.destroy();
      return;
    }
    inFlight.set(socket, count);
    response.once('close', () => inFlight.set(socket, (inFlight.get(socket) ?? 1) - 1));
    handle(request, response);
  };
}
