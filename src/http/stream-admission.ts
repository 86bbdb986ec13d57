import type { IncomingMessage } from 'node:http';
import { RateLimitedError } from '../core/errors.ts';
import { addressBucket } from '../core/ip-address.ts';
import type { Logger } from '../core/ports.ts';
import type { Origin } from '../core/principal.ts';
import type { AllowedOrigins } from './allowed-origins.ts';
import type { ClientAddress } from './client-address.ts';
import { type Closable, OpenSockets } from './open-sockets.ts';
import type { RefusedCallers } from './refused-callers.ts';
import type { IsFromRouter } from './router-secret.ts';

/** `Retry-After` of a connection refused because of the number of open ones, in seconds. */
const RETRY_AFTER_SECONDS = 10;

/** The HTTP response in place of a connection for streams. */
export interface Refusal {
  readonly status: 403 | 429 | 500 | 503;
  readonly retryAfterSeconds: number | null;
}

interface Options {
  readonly origins: AllowedOrigins;
  readonly isFromRouter: IsFromRouter;
  /** False if all connections come from a router, which has few addresses. */
  readonly limitsAddresses: boolean;
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
  /** Counts an opened connection. @throws {RateLimitedError} */
  readonly countSocket: (origin: Origin) => Promise<void>;
  readonly clientAddress: ClientAddress;
  readonly refusedCallers: RefusedCallers;
  readonly logger: Logger;
}

/** Who may open connections for streams at one path, and how many. */
export class StreamAdmission {
  readonly #options: Options;
  readonly #open: OpenSockets;

  constructor(options: Options) {
    this.#options = options;
    this.#open = new OpenSockets(options);
  }

  /** Null if the connection is admitted; it counts until it closes. */
  async refuse(request: IncomingMessage, connection: Closable): Promise<Refusal | null> {
    return (
      this.#refuseStranger(request) ??
      this.#refuseMany(request, connection) ??
      (await this.#refuseFrequent(request))
    );
  }

  #refuseStranger({ headers }: IncomingMessage): Refusal | null {
    const { origins, isFromRouter, refusedCallers } = this.#options;
    // Browsers do not apply CORS to WebSockets; the Origin header is the only check (cross-site WebSocket hijacking).
    if (headers.origin !== undefined && !origins.has(headers.origin)) {
      refusedCallers.stream(headers.origin, origins);
      return { status: 403, retryAfterSeconds: null };
    }
    return isFromRouter(headers) ? null : { status: 403, retryAfterSeconds: null };
  }

  #refuseMany(request: IncomingMessage, connection: Closable): Refusal | null {
    const { limitsAddresses, clientAddress } = this.#options;
    const address = limitsAddresses ? clientAddress(request) : null;
    switch (this.#open.admit(connection, address && addressBucket(address))) {
      case 'admitted':
        return null;
      case 'too-many-of-address':
        return { status: 429, retryAfterSeconds: RETRY_AFTER_SECONDS };
      case 'too-many':
        return { status: 503, retryAfterSeconds: RETRY_AFTER_SECONDS };
    }
  }

  /** A router opens a connection for each stream: it always may. */
  async #refuseFrequent(request: IncomingMessage): Promise<Refusal | null> {
    const { limitsAddresses, clientAddress, countSocket, logger } = this.#options;
    if (!limitsAddresses) return null;
    try {
      await countSocket({ requestId: null, ipAddress: clientAddress(request), userAgent: null });
      return null;
    } catch (error) {
      if (error instanceof RateLimitedError)
        return { status: 429, retryAfterSeconds: error.retryAfterSeconds };
      logger.error({ err: error }, 'a connection for streams could not be counted');
      return { status: 500, retryAfterSeconds: null };
    }
  }
}
