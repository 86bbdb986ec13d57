import type { ServiceClientId } from '../../core/ids.ts';
import type { ServiceClient } from './service-client.ts';

export type NewServiceClient = Pick<
  ServiceClient,
  'id' | 'name' | 'scopes' | 'audiences' | 'actsForUsers' | 'secretDigests' | 'publicKeys'
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
  /** Replaces secrets and keys. `revokesTokens`: tokens issued until now are revoked. */
  replaceCredentials(
    id: ServiceClientId,
    credentials: Pick<ServiceClient, 'secretDigests' | 'publicKeys'>,
    revokesTokens: boolean,
  ): Promise<ServiceClient>;
  /** Disables a client, which revokes its tokens. */
  disable(id: ServiceClientId): Promise<ServiceClient>;
  enable(id: ServiceClientId): Promise<ServiceClient>;
}

/** Storage of the assertions by which clients authenticated. */
export interface ClientAssertionStore {
  /** Notes that an assertion was used; false if it was before. */
  use(id: ServiceClientId, jti: string, expiresAt: Date): Promise<boolean>;
  /** Deletes up to `limit` assertions that have expired. */
  purge(limit: number): Promise<number>;
}
