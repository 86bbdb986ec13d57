import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';

interface Incoming extends IncomingMessage {
  upgrade: boolean;
}

/** The part of Node's HTTP parser used here; see Node's `lib/_http_server.js` and `src/node_http_parser.cc`. */
interface Parser {
  readonly socket: Socket | null;
  onIncoming(request: Incoming, keepAlive: boolean): number | undefined;
  /** The number of bytes read, or the parse error. */
  execute(data: Buffer): number | Error;
}

/** Since Node 24.9. */
interface UpgradeDecision {
  shouldUpgradeCallback?: (request: IncomingMessage) => boolean;
}

/**
 * Ignores the `Upgrade` header (RFC 9110 §7.8) of requests that `isOurs` does not accept. Java's HttpClient sends
 * `Upgrade: h2c` with every request by default, and a listener of 'upgrade' would receive all of them. Node before 24.9
 * has no `shouldUpgradeCallback`; there the flag is cleared before Node's own handler reads it.
 *
 * The parser stops after each request with an `Upgrade` header. If the header is ignored, Node 20 to 24 drops the bytes
 * read after it, and pipelined requests are never answered. So the parser is called again with the rest.
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
  // Parsers are pooled: take the prototype's method, not the override of an earlier connection.
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
      // The parser stops at the end of a request; anywhere else it has failed, which Node hides after an ignored
      // upgrade.
      if (!request.complete || request === before) {
        // Node's listener responds 400 and closes the connection.
        socket.emit('error', new Error('Parse Error'));
        return data.length;
      }
    }
  };
  // Node reads the connection in C++, bypassing `execute`, until a 'data' listener is added.
  socket.on('data', ignore);
  socket.off('data', ignore);
}

function ignore(): void {}
