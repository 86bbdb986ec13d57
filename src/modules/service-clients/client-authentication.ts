import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { type EventData, eventBy } from '../../core/events.ts';
import { parseId, type ServiceClientId } from '../../core/ids.ts';
import type { EventLog } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import type { RateLimits } from '../rate-limits/index.ts';
import { subjectOf, verifyAssertion } from './client-assertion.ts';
import { secretImprintOf } from './client-secret.ts';
import type { ClientAssertionStore } from './service-client.store.ts';
import type { ServiceClient } from './service-client.ts';
import type { ServiceClientDirectory } from './service-client-directory.ts';

/** How a client shows who it is. */
export type ClientCredentials =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: string }
  /** `clientId`: named beside it; null if it is not. */
  | { readonly kind: 'assertion'; readonly assertion: string; readonly clientId: string | null };

/** A client that is cached for longer is read again before a secret is refused, which may be new. In seconds. */
const DOUBT_SECONDS = 1;

type Reason = EventData['service_client.refused']['reason'];

interface Dependencies {
  readonly directory: ServiceClientDirectory;
  readonly assertions: ClientAssertionStore;
  readonly rateLimits: Pick<RateLimits, 'spend'>;
  readonly events: EventLog;
  readonly issuer: string;
  readonly clock: Clock;
}

/** Authenticates service clients: by a secret (RFC 6749 §2.3.1) or a signed assertion (RFC 7523). */
export class ClientAuthentication {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /**
   * The client; null if it is unknown or disabled, or the credentials are wrong, which is recorded. An assertion is used up.
   *
   * @throws {UnavailableError}
   * @throws {RateLimitedError}
   */
  authenticate(credentials: ClientCredentials, origin: Origin): Promise<ServiceClient | null> {
    return credentials.kind === 'secret'
      ? this.#bySecret(credentials, origin)
      : this.#byAssertion(credentials, origin);
  }

  async #bySecret(
    { clientId, secret }: Extract<ClientCredentials, { kind: 'secret' }>,
    origin: Origin,
  ): Promise<ServiceClient | null> {
    const client = await this.#find(clientId, origin);
    if (client === null) return this.#refuse('unknown', origin);
    if (client.disabledAt !== null) return this.#refuse('disabled', origin, client.id);
    const imprint = secretImprintOf(secret);
    if (imprint === null) return this.#refuse('wrong_secret', origin, client.id);
    const version = await this.#versionWith(client, origin, (each) => hasSecret(each, imprint.digest));
    return version ?? this.#refuse('wrong_secret', origin, client.id);
  }

  async #byAssertion(
    { assertion, clientId }: Extract<ClientCredentials, { kind: 'assertion' }>,
    origin: Origin,
  ): Promise<ServiceClient | null> {
    const { assertions, clock, issuer, rateLimits } = this.#deps;
    const subject = subjectOf(assertion);
    const client = await this.#find(subject, origin);
    if (client === null) return this.#refuse('unknown', origin);
    if (client.disabledAt !== null) return this.#refuse('disabled', origin, client.id);
    const expected = { issuer, now: clock.now() };
    const verify = (each: ServiceClient) => verifyAssertion(assertion, each, expected);
    const version = await this.#versionWith(client, origin, verify);
    const valid = version && verify(version);
    // RFC 7521 §4.2.
    if (!valid || (clientId !== null && clientId !== subject))
      return this.#refuse('invalid_assertion', origin, client.id);
    await rateLimits.spend(origin, [{ limit: 'tokens.client', subject: client.id }]);
    const isFirstUse = await assertions.use(client.id, valid.jti, valid.expiresAt);
    return isFirstUse ? version : this.#refuse('used_assertion', origin, client.id);
  }

  /** The client, if its credentials are as they must be: as it is remembered, or else as it is now. */
  async #versionWith(
    client: ServiceClient,
    origin: Origin,
    isRight: (client: ServiceClient) => unknown,
  ): Promise<ServiceClient | null> {
    if (isRight(client)) return client;
    const latest = await this.#deps.directory.find(client.id, origin, DOUBT_SECONDS);
    if (latest === null || latest === client || latest.disabledAt !== null) return null;
    return isRight(latest) ? latest : null;
  }

  async #find(id: unknown, origin: Origin): Promise<ServiceClient | null> {
    const clientId = parseId<ServiceClientId>(id);
    return clientId === null ? null : this.#deps.directory.find(clientId, origin);
  }

  #refuse(reason: Reason, origin: Origin, clientId?: ServiceClientId): null {
    const facts = clientId === undefined ? { reason } : { reason, clientId };
    this.#deps.events.countRefusal(eventBy({ userId: null, origin }, 'service_client.refused', facts));
    return null;
  }
}

function hasSecret({ credentials }: ServiceClient, digest: Buffer): boolean {
  return credentials.some(
    (each) => each.kind === 'secret' && timingSafeEqual(Buffer.from(each.digest, 'base64'), digest),
  );
}
