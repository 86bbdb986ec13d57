import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Config } from '../../config/config.ts';
import type { Clock } from '../../core/clock.ts';
import { RateLimitedError } from '../../core/errors.ts';
import type { Logger } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { Introspection } from '../../modules/introspection/index.ts';
import type { TokenExchange } from '../../modules/personal-access-tokens/index.ts';
import type { RevocationStreams } from '../../modules/revocations/index.ts';
import type {
  ClientAuthentication,
  ServiceClient,
  ServiceTokens,
  TokenRevocation,
} from '../../modules/service-clients/index.ts';
import { type AuthenticateToken, authorizationOf } from '../authorization-header.ts';
import { limitChunks } from '../limit-chunks.ts';
import { noStore } from '../no-store.ts';
import { writeEvents } from '../write-events.ts';
import { isBearer, requireBearer } from './bearer.ts';
import { clientCredentials, requireAuthenticated } from './client-credentials.ts';
import { Form } from './form.ts';
import { createIntrospectionEndpoint } from './introspection-endpoint.ts';
import { authorizationServerMetadata } from './metadata.ts';
import { addOAuthErrors, OAuthError } from './oauth-error.ts';
import { lastEventId, newsWriter } from './revocation-stream.ts';
import { createTokenEndpoint } from './token-endpoint.ts';

/** In bytes. The largest requests have an access token and an assertion. */
const BODY_LIMIT = 32 * 1024;

const FORM = 'application/x-www-form-urlencoded';

/** Proxies must not keep events back. */
const EVENT_STREAM = {
  status: 200,
  headers: { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' },
};

/** The use cases behind the endpoints. */
export interface OAuth {
  readonly clients: ClientAuthentication;
  readonly serviceTokens: ServiceTokens;
  readonly exchanges: TokenExchange;
  readonly introspection: Introspection;
  readonly revocation: TokenRevocation;
  readonly revocationStreams: RevocationStreams;
  /** Claims of the tokens. */
  readonly issuer: string;
  readonly audience: string;
  /** Of the keys that verify them. */
  readonly keyIds: readonly string[];
  readonly accessTtlSeconds: number;
}

interface Options {
  readonly config: Config['http'];
  readonly oauth: OAuth;
  readonly authenticateToken: AuthenticateToken;
  readonly originOf: (request: FastifyRequest) => Origin;
  readonly clock: Clock;
  readonly logger: Logger;
}

type Answer = (request: FastifyRequest, form: Form) => Promise<object>;

/**
 * Adds the endpoints for services: they take a form, and answer JSON. No router is between, and no cookie counts: a client
 * authenticates itself.
 */
export function addOAuth(server: FastifyInstance, options: Options): void {
  const { config, oauth, authenticateToken, originOf, clock, logger } = options;
  const metadata = authorizationServerMetadata(oauth.issuer, config);
  server.get('/.well-known/oauth-authorization-server', async (_request, reply) => {
    reply.header('cache-control', 'public, max-age=300');
    return metadata;
  });

  async function clientOf(request: FastifyRequest, form: Form): Promise<ServiceClient | null> {
    const credentials = clientCredentials(request, form);
    if (credentials === null) return null;
    return requireAuthenticated(await oauth.clients.authenticate(credentials, originOf(request)));
  }

  async function requireClient(request: FastifyRequest, form: Form): Promise<ServiceClient> {
    return requireAuthenticated(await clientOf(request, form));
  }

  const issueToken = createTokenEndpoint({ ...options, ...oauth });
  const endpoints: Readonly<Record<string, Answer>> = {
    '/token': async (request, form) =>
      issueToken({ form, client: await clientOf(request, form), origin: originOf(request) }),
    '/introspect': createIntrospectionEndpoint({ ...options, ...oauth, requireClient }),
    '/revoke': async (request, form) => {
      const client = await requireClient(request, form);
      const outcome = await oauth.revocation.revoke(client, form.required('token'), originOf(request));
      if (outcome.kind === 'rate_limited') throw new RateLimitedError(outcome.retryAfterSeconds);
      if (outcome.kind === 'unsupported_token_type') throw unsupported();
      return {};
    },
  };

  /** The service client of a secret, or of a token of its own, and when that expires. */
  async function listenerOf(request: FastifyRequest) {
    const headers = authorizationOf(request);
    if (!isBearer(headers)) {
      const { id: clientId } = await requireClient(request, new Form(''));
      return { clientId, expiresAt: null };
    }
    const principal = await requireBearer(headers, originOf(request), authenticateToken);
    if (principal.kind !== 'service')
      throw new OAuthError('insufficient_scope', 'This is for service clients only.');
    return { clientId: principal.clientId, expiresAt: principal.expiresAt };
  }

  const write = newsWriter(oauth.accessTtlSeconds, oauth.keyIds, () => clock.now());

  // Their own parser and their own errors.
  void server.register(
    (scope, _options, done) => {
      addOAuthErrors(scope, logger);
      scope.setNotFoundHandler((_request, reply) => reply.code(404).send(notFound));
      scope.removeAllContentTypeParsers();
      scope.addContentTypeParser(FORM, { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));
      for (const [path, answer] of Object.entries(endpoints))
        scope.post(path, { bodyLimit: BODY_LIMIT, preParsing: limitChunks }, async (request) => {
          if (typeof request.body !== 'string')
            throw new OAuthError('invalid_request', `The body must be ${FORM}.`);
          return answer(request, new Form(request.body));
        });
      scope.addHook('onRequest', noStore);
      done();
    },
    { prefix: '/oauth' },
  );
  void server.register((scope, _options, done) => {
    addOAuthErrors(scope, logger);
    scope.get('/revocations', { onRequest: noStore }, async (request, reply) => {
      const since = lastEventId(request);
      const listener = await listenerOf(request);
      const news = await oauth.revocationStreams.open({ ...listener, since });
      await writeEvents(reply, EVENT_STREAM, news, write);
    });
    done();
  });
}

const notFound = { error: 'invalid_request', error_description: 'There is no such endpoint.' };

const unsupported = () =>
  new OAuthError('unsupported_token_type', 'Revoke what this token was issued for, or let it expire.');
