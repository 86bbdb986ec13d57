import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../config/config.ts';
import type { Idempotency } from '../core/idempotency.ts';
import { canonicalAddress } from '../core/ip-address.ts';
import { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';
import { anonymous, type Origin } from '../core/principal.ts';
import { GraphQLContext, noCookie } from '../graphql/request/context.ts';
import { Loaders } from '../graphql/request/loaders.ts';
import { Refusals } from '../graphql/request/refusals.ts';
import type { Arrivals } from './arrivals.ts';
import { type AuthenticateToken, authenticate, authorizationOf } from './authorization-header.ts';
import type { ClientAddress } from './client-address.ts';
import { parseIdempotencyKey } from './idempotency-key.ts';
import { createTokenCookies } from './token-cookies.ts';

const MAX_USER_AGENT_LENGTH = 512;
const MAX_LANGUAGES_LENGTH = 200;

interface Options {
  readonly config: Config['http'];
  readonly authenticateToken: AuthenticateToken;
  readonly clientAddress: ClientAddress;
  readonly arrivals: Arrivals;
  readonly idempotency: Idempotency;
  readonly logger: Logger;
}

/** Creates the context of an operation from its HTTP request or WebSocket upgrade. */
export class Contexts {
  readonly #options: Options;
  readonly #hiddenClients = new OncePerMinute();
  readonly #refreshCookie: ReturnType<typeof createTokenCookies>;
  readonly #deviceCookie: ReturnType<typeof createTokenCookies>;

  constructor(options: Options) {
    this.#options = options;
    this.#refreshCookie = createTokenCookies(options.config.publicUrl, 'refresh');
    this.#deviceCookie = createTokenCookies(options.config.publicUrl, 'device');
  }

  /** Call when the request has been read, body included. */
  async ofRequest(request: FastifyRequest, reply: FastifyReply): Promise<GraphQLContext> {
    const headers = authorizationOf(request);
    return this.#context(request.raw, request.id, headers, {
      refreshCookie: this.#refreshCookie(request, reply),
      deviceCookie: this.#deviceCookie(request, reply),
      idempotencyKey: parseIdempotencyKey(request.raw.headersDistinct['idempotency-key'] ?? []),
      request: await this.#options.arrivals.read(request.raw),
    });
  }

  /** Context of a subscription on a WebSocket, where no cookie can be set, and where there are no mutations. */
  ofSocket(upgrade: IncomingMessage, token: string | null): Promise<GraphQLContext> {
    const headers = token === null ? [] : [`Bearer ${token}`];
    return this.#context(upgrade, requestId(upgrade), headers, {
      refreshCookie: noCookie,
      deviceCookie: noCookie,
      idempotencyKey: { kind: 'none' },
      request: undefined,
    });
  }

  async #context(
    request: IncomingMessage,
    id: string,
    authorization: readonly string[],
    own: Pick<GraphQLContext, 'refreshCookie' | 'deviceCookie' | 'idempotencyKey' | 'request'>,
  ): Promise<GraphQLContext> {
    const { authenticateToken, clientAddress } = this.#options;
    const peer = canonicalAddress(request.socket.remoteAddress);
    const ipAddress = clientAddress(request, peer);
    this.#warnOfHiddenClients(request, peer, ipAddress);
    const origin = originOf(request, id, ipAddress);
    const credential = await authenticate(authorization, origin, authenticateToken);
    const principal = credential.kind === 'accepted' ? credential.principal : anonymous;
    return new GraphQLContext({
      origin,
      credential,
      ...own,
      idempotency: this.#options.idempotency,
      loaders: new Loaders(principal),
      refusals: new Refusals(),
    });
  }

  /** A router that is no trusted proxy hides its clients: they would share the limits of its address. */
  #warnOfHiddenClients({ headers }: IncomingMessage, peer: string | null, address: string | null): void {
    const { config, logger } = this.#options;
    // Clients of public streams come by themselves.
    const isFromRouter = config.routerSecrets !== null && headers['x-router-secret'] !== undefined;
    if (!isFromRouter || address === null || address !== peer) return;
    this.#hiddenClients.run((count) =>
      logger.warn(
        { address, count },
        'requests of the router have its own address, so that all clients share its rate limits: list it in TRUSTED_PROXIES, and ' +
          'have it forward X-Forwarded-For',
      ),
    );
  }
}

export const originOf = (
  { headers }: IncomingMessage,
  requestId: string,
  ipAddress: string | null,
): Origin => ({
  requestId,
  ipAddress,
  userAgent: headers['user-agent']?.slice(0, MAX_USER_AGENT_LENGTH) ?? null,
  languages: headers['accept-language']?.slice(0, MAX_LANGUAGES_LENGTH) ?? null,
});

/** The router's `x-request-id` if well-formed, so that both logs can be correlated; else a new id. */
export function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w.:-]{1,128}$/.test(given) ? given : randomUUID();
}
