import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Timeouts } from './timeouts.ts';

/** A connection on which nothing moves for this long is closed, in milliseconds: its client takes no answer. */
const STALL_MS = 30_000;

/** How long an idle connection is kept for the next request, in milliseconds: longer than proxies keep theirs. */
const KEEP_ALIVE_MS = 72_000;

/**
 * Requests in flight on one connection. Clients of today send the next when they have the answer. Node parses all that one
 * read brings and starts each request: 30 connections with hundreds of requests each, and no reader, took 3 GB.
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
    // The rest of what was read together with one request too many.
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
