import { system } from '../../core/actor.ts';
import { eventBy } from '../../core/events.ts';
import { type NotFound, newId, parseId, type ServiceClientId } from '../../core/ids.ts';
import type { InvalidField, InvalidInput } from '../../core/invalid-field.ts';
import type { EventLog, UnitOfWork } from '../../core/ports.ts';
import { adminScopes, ownScopes, type Scope, serviceScopes } from '../../core/scopes.ts';
import { parseVerificationKey } from '../../core/signing-key.ts';
import { mintSecret, secretImprintOf } from './client-secret.ts';
import type { ServiceClientStore } from './service-client.store.ts';
import { type ClientCredential, MAX_CREDENTIALS, type ServiceClient } from './service-client.ts';

interface ServiceClientInput {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly audiences: readonly string[];
  readonly actsForUsers: boolean;
  /** In PEM; null: it gets a secret. */
  readonly publicKey: string | null;
}

/** `secret`: returned only here, and stored nowhere; null if the client has a key. */
interface WithSecret {
  readonly client: ServiceClient;
  readonly secret: string | null;
}

type CreateOutcome =
  | ({ readonly kind: 'created' } & WithSecret)
  | { readonly kind: 'name_taken' }
  | InvalidInput;

type RotateOutcome = ({ readonly kind: 'rotated' } & WithSecret) | InvalidInput | NotFound;

type ChangeOutcome = { readonly kind: 'changed'; readonly client: ServiceClient } | NotFound;

interface Rotation {
  /** In PEM; null: a new secret. */
  readonly publicKey: string | null;
  /** Whether all secrets and keys from before end at once, and the tokens that were issued until now with them. */
  readonly dropsOthers: boolean;
}

interface Dependencies {
  readonly store: ServiceClientStore;
  readonly unitOfWork: UnitOfWork;
  readonly events: EventLog;
}

/** What operators do with service clients. */
export class ServiceClientAdministration {
  readonly #deps: Dependencies;

  constructor(deps: Dependencies) {
    this.#deps = deps;
  }

  /** @throws {UnavailableError} */
  create(input: ServiceClientInput): Promise<CreateOutcome> {
    const { store, unitOfWork, events } = this.#deps;
    return unitOfWork.run<CreateOutcome>(async () => {
      const fields = [...invalidFields(input), ...invalidKey(input.publicKey)];
      if (fields.length > 0) return { kind: 'invalid_input', fields };
      const { name, actsForUsers, publicKey } = input;
      const [scopes, audiences] = [[...new Set(input.scopes)], [...new Set(input.audiences)]];
      const { secret, credential } = newCredential(publicKey);
      const given = { id: newId<ServiceClientId>(), name, scopes, audiences, actsForUsers };
      const client = await store.insert({ ...given, credentials: [credential] });
      if (client === null) return { kind: 'name_taken' };
      const facts = { clientId: client.id, name, scopes, audiences, actsForUsers };
      await events.record(eventBy(system, 'service_client.created', facts));
      return { kind: 'created', client, secret };
    });
  }

  /** All clients, by name. */
  list(): Promise<ServiceClient[]> {
    return this.#deps.store.list();
  }

  /** Gives a client, named by its id or name, a new secret or key. @throws {UnavailableError} */
  async rotate(idOrName: string, { publicKey, dropsOthers }: Rotation): Promise<RotateOutcome> {
    const fields = invalidKey(publicKey);
    if (fields.length > 0) return { kind: 'invalid_input', fields };
    return this.#change<RotateOutcome>(idOrName, async (client) => {
      const { secret, credential } = newCredential(publicKey);
      const credentials = [credential, ...(dropsOthers ? [] : client.credentials)].slice(0, MAX_CREDENTIALS);
      const changed = await this.#deps.store.replaceCredentials(client.id, credentials, dropsOthers);
      const facts = { ...changeOf(changed), valid: credentials.length };
      await this.#deps.events.record(eventBy(system, 'service_client.credentials_rotated', facts));
      return { kind: 'rotated', client: changed, secret };
    });
  }

  /** @throws {UnavailableError} */
  disable(idOrName: string): Promise<ChangeOutcome> {
    return this.#change<ChangeOutcome>(idOrName, async (client) => {
      const changed = await this.#deps.store.disable(client.id);
      await this.#deps.events.record(eventBy(system, 'service_client.disabled', changeOf(changed)));
      return { kind: 'changed', client: changed };
    });
  }

  /** @throws {UnavailableError} */
  enable(idOrName: string): Promise<ChangeOutcome> {
    return this.#change<ChangeOutcome>(idOrName, async (client) => {
      const changed = await this.#deps.store.enable(client.id);
      await this.#deps.events.record(eventBy(system, 'service_client.enabled', changeOf(changed)));
      return { kind: 'changed', client: changed };
    });
  }

  #change<Outcome>(
    idOrName: string,
    work: (client: ServiceClient) => Promise<Outcome>,
  ): Promise<Outcome | NotFound> {
    const { store, unitOfWork } = this.#deps;
    return unitOfWork.run<Outcome | NotFound>(async () => {
      const id = parseId<ServiceClientId>(idOrName) ?? (await store.findByName(idOrName))?.id;
      const client = id === undefined ? null : await store.lock(id);
      return client === null ? { kind: 'not_found' } : work(client);
    });
  }
}

/** Of a public key, or a new secret. */
function newCredential(publicKey: string | null): {
  readonly secret: string | null;
  readonly credential: ClientCredential;
} {
  if (publicKey !== null) return { secret: null, credential: { kind: 'key', pem: publicKey } };
  const secret = mintSecret();
  const imprint = secretImprintOf(secret);
  if (imprint === null) throw new Error('a minted secret is malformed');
  return { secret, credential: { kind: 'secret', digest: imprint.digest.toString('base64') } };
}

const changeOf = ({ id: clientId, tokensNotBefore }: ServiceClient) => ({
  clientId,
  notBefore: tokensNotBefore.toISOString(),
});

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}$/;

/** RFC 6749 §3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/;

/** As for the setting JWT_AUDIENCE. */
const AUDIENCE = /^[\x21-\x7e]{1,255}$/;

const malformed = (path: readonly string[], message: string): InvalidField => ({
  path,
  code: 'MALFORMED',
  message,
});

function invalidFields({ name, scopes, audiences }: ServiceClientInput): InvalidField[] {
  const fields: InvalidField[] = [];
  if (!NAME.test(name) || parseId(name) !== null)
    fields.push(
      malformed(['name'], 'A name is 1 to 63 lower-case letters, digits, dots, hyphens and underscores.'),
    );
  for (const [index, scope] of scopes.entries()) {
    const path = ['scopes', String(index)];
    if (!SCOPE.test(scope)) fields.push(malformed(path, 'A scope is printable ASCII without spaces.'));
    else if (isOurs(scope) && !serviceScopes.includes(scope))
      fields.push({
        ...{ path, code: 'SCOPE_NOT_GRANTABLE' },
        message: `Of Latchkey's scopes a service may have ${serviceScopes.join(', ')}, and not ${scope}.`,
      });
  }
  if (audiences.length === 0)
    fields.push({ path: ['audiences'], code: 'REQUIRED', message: 'A client needs an audience.' });
  for (const [index, audience] of audiences.entries())
    if (!AUDIENCE.test(audience))
      fields.push(malformed(['audiences', String(index)], 'An audience is printable ASCII without spaces.'));
  return fields;
}

const isOurs = (scope: string): scope is Scope =>
  Object.hasOwn(ownScopes, scope) || Object.hasOwn(adminScopes, scope);

function invalidKey(publicKey: string | null): InvalidField[] {
  if (publicKey === null) return [];
  try {
    parseVerificationKey(publicKey);
    return [];
  } catch (error) {
    return [malformed(['publicKey'], (error as Error).message)];
  }
}
