import type { ServiceClientId } from '../../core/ids.ts';
import type { ServiceClient } from './service-client.ts';

export type NewServiceClient = Pick<
  ServiceClient,
  'id' | 'name' | 'scopes' | 'audiences' | 'actsForUsers' | 'credentials'
>;

/** Storage of service clients. */
export interface ServiceClientStore {
  /** Null if the name is taken. */
  insert(client: NewServiceClient): Promise<ServiceClient | null>;
  find(id: ServiceClientId): Promise<ServiceClient | null>;
  findByName(name: string): Promise<ServiceClient | null>;
  /** All clients, by name. */
  list(): Promise<ServiceClient[]>;
  /** Locks a client until the transaction ends, so that it does not change meanwhile. */
  lock(id: ServiceClientId): Promise<ServiceClient | null>;
  /** Locks a client until the transaction ends; false if it is missing or disabled. */
  lockEnabled(id: ServiceClientId): Promise<boolean>;
  /** As `lockEnabled`; also false if its tokens were revoked since it was read. */
  lockUnchanged(client: Pick<ServiceClient, 'id' | 'tokensNotBefore'>): Promise<boolean>;
  /** Replaces the credentials. `revokesTokens`: tokens issued until now are revoked. */
  replaceCredentials(
    id: ServiceClientId,
    credentials: ServiceClient['credentials'],
    revokesTokens: boolean,
  ): Promise<ServiceClient>;
  /** Disables a client, which revokes its tokens. */
  disable(id: ServiceClientId): Promise<ServiceClient>;
  enable(id: ServiceClientId): Promise<ServiceClient>;
  /** Revokes the tokens of clients, issued before these times, that are not revoked. Returns those clients. */
  refuseTokensAgain(
    clients: readonly { readonly id: ServiceClientId; readonly notBefore: Date }[],
  ): Promise<ServiceClient[]>;
}

/** Storage of the assertions by which clients authenticated. */
export interface ClientAssertionStore {
  /** Notes that an assertion was used; false if it was before. */
  use(id: ServiceClientId, jti: string, expiresAt: Date): Promise<boolean>;
  /** Deletes up to `limit` assertions that have expired. */
  purge(limit: number): Promise<number>;
}
