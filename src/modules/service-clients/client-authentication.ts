import { timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { type EventData, eventBy } from '../../core/events.ts';
import { parseId, type ServiceClientId } from '../../core/ids.ts';
import type { EventLog } from '../../core/ports.ts';
import type { Origin } from '../../core/principal.ts';
import { subjectOf, verifyAssertion } from './client-assertion.ts';
import { secretImprintOf } from './client-secret.ts';
import type { ClientAssertionStore } from './service-client.store.ts';
import type { ServiceClient } from './service-client.ts';
import type { ServiceClientDirectory } from './service-client-directory.ts';

/** How a client shows who it is. */
export type ClientCredentials =
  | { readonly kind: 'secret'; readonly clientId: string; readonly secret: string }
  | { readonly kind: 'assertion'; readonly assertion: string };

/** A client that is cached for longer is read again before a secret is refused, which may be new. In seconds. */
const DOUBT_SECONDS = 1;

type Reason = EventData['service_client.refused']['reason'];

interface Dependencies {
  readonly directory: ServiceClientDirectory;
  readonly assertions: ClientAssertionStore;
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
      : this.#byAssertion(credentials.assertion, origin);
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
    if (hasSecret(client, imprint.digest)) return client;
    const latest = await this.#deps.directory.find(client.id, origin, DOUBT_SECONDS);
    if (latest !== null && latest.disabledAt === null && hasSecret(latest, imprint.digest)) return latest;
    return this.#refuse('wrong_secret', origin, client.id);
  }

  async #byAssertion(assertion: string, origin: Origin): Promise<ServiceClient | null> {
    const { assertions, clock, issuer } = this.#deps;
    const client = await this.#find(subjectOf(assertion), origin);
    if (client === null) return this.#refuse('unknown', origin);
    if (client.disabledAt !== null) return this.#refuse('disabled', origin, client.id);
    const expected = { issuer, now: clock.now() };
    let valid = verifyAssertion(assertion, client, expected);
    if (valid === null) {
      const latest = await this.#deps.directory.find(client.id, origin, DOUBT_SECONDS);
      if (latest !== null && latest.disabledAt === null) valid = verifyAssertion(assertion, latest, expected);
    }
    if (valid === null) return this.#refuse('invalid_assertion', origin, client.id);
    const isFirstUse = await assertions.use(client.id, valid.jti, valid.expiresAt);
    return isFirstUse ? client : this.#refuse('used_assertion', origin, client.id);
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

function hasSecret({ secretDigests }: ServiceClient, digest: Buffer): boolean {
  return secretDigests.some((each) => timingSafeEqual(each, digest));
}
