import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

interface Incoming extends IncomingMessage {
  upgrade: boolean;
}

/** Node's parser of a connection, as far as it is used here; `lib/_http_server.js` and `src/node_http_parser.cc` of Node. */
interface Parser {
  readonly socket: Socket | null;
  onIncoming(request: Incoming, keepAlive: boolean): number | undefined;
  /** How many bytes were read, or why they are no HTTP. */
  execute(data: Buffer): number | Error;
}

/** Since Node 24.9. */
interface UpgradeDecision {
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
}

/**
 * Answers requests as if they had no `Upgrade` header, except those that `isOurs` accepts (RFC 9110 §7.8: a server may
 * ignore the header). Java's HttpClient sends `Upgrade: h2c` with every request by default. Without this, a listener of
 * 'upgrade' receives all of them: Node before 24.9 has no official way to choose (`shouldUpgradeCallback`), so that the
 * flag is set before Node's own handler reads it.
 *
 * The parser stops after each request with an `Upgrade` header. Where the header is ignored, Node (20 to 24) loses what it
 * had read beyond that request: pipelined requests, which would never be answered. So the parser is called again.
 */
export function ignoreUpgrades(server: Server, isOurs: (request: IncomingMessage) => boolean): void {
  const decision = server as UpgradeDecision;
  const official = decision.shouldUpgradeCallback !== undefined;
  if (official) decision.shouldUpgradeCallback = isOurs;
  server.on('connection', (socket: Socket & { parser: Parser }) => {
    const { parser } = socket;
    let last: Incoming | null = null;
    const { onIncoming } = parser;
    parser.onIncoming = (request, keepAlive) => {
      last = request;
      if (!official && request.upgrade && request.method !== 'CONNECT') request.upgrade = isOurs(request);
      return onIncoming(request, keepAlive);
    };
    readOn(socket, () => last);
  });
}

function readOn(socket: Socket & { parser: Parser }, last: () => Incoming | null): void {
  const { parser } = socket;
  // Parsers are reused: the method of the class, not that of an earlier connection.
  const { execute } = Object.getPrototypeOf(parser) as Parser;
  parser.execute = (data) => {
    if (parser.socket !== socket) return execute.call(parser, data);
    for (let length = 0; ; ) {
      const before = last()?.complete ? last() : null;
      const read = execute.call(parser, data.subarray(length));
      if (typeof read !== 'number') return read;
      length += read;
      const request = last();
      if (length >= data.length || request === null || request.upgrade) return length;
      if (request.headers.upgrade === undefined) return length;
      // It stops at the end of a request. Elsewhere it has failed, which Node conceals after an ignored upgrade.
      if (!request.complete || request === before) {
        // Node's listener answers 400 and closes.
        socket.emit('error', new Error('Parse Error'));
        return data.length;
      }
    }
  };
  // Node reads a connection past `execute`, in C++, until somebody listens to its data.
  socket.on('data', ignore);
  socket.off('data', ignore);
}

function ignore(): void {}
