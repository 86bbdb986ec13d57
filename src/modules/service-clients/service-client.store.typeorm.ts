import { createHash } from 'node:crypto';
import { EntitySchema } from 'typeorm';
import type { ServiceClientId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import { Table } from '../../platform/database/table.ts';
import type { ClientAssertionStore, NewServiceClient, ServiceClientStore } from './service-client.store.ts';
import type { ServiceClient } from './service-client.ts';

export const ServiceClientEntity = new EntitySchema<Omit<ServiceClient, 'readAt'>>({
  name: 'ServiceClient',
  tableName: 'service_clients',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'service_clients_pkey' },
    name: { type: 'text' },
    scopes: { type: 'text', array: true },
    audiences: { type: 'text', array: true },
    actsForUsers: { name: 'acts_for_users', type: 'boolean' },
    secretDigests: { name: 'secret_digests', type: 'bytea', array: true },
    publicKeys: { name: 'public_keys', type: 'text', array: true },
    tokensNotBefore: { name: 'tokens_not_before', type: 'timestamptz', precision: 3 },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    disabledAt: { name: 'disabled_at', type: 'timestamptz', precision: 3, nullable: true },
  },
  indices: [{ name: 'service_clients_name_idx', columns: ['name'], unique: true }],
  checks: [
    { name: 'service_clients_audiences_check', expression: 'cardinality(audiences) > 0' },
    {
      name: 'service_clients_credentials_check',
      expression:
        'cardinality(secret_digests) <= 2 AND cardinality(public_keys) <= 2 AND cardinality(secret_digests) + cardinality(public_keys) > 0',
    },
  ],
});

interface AssertionRow {
  readonly clientId: ServiceClientId;
  readonly jtiDigest: Buffer;
  readonly expiresAt: Date;
}

export const ClientAssertionEntity = new EntitySchema<AssertionRow>({
  name: 'ClientAssertion',
  tableName: 'client_assertions',
  columns: {
    clientId: {
      name: 'client_id',
      type: 'uuid',
      primary: true,
      primaryKeyConstraintName: 'client_assertions_pkey',
    },
    jtiDigest: {
      name: 'jti_digest',
      type: 'bytea',
      primary: true,
      primaryKeyConstraintName: 'client_assertions_pkey',
    },
    expiresAt: { name: 'expires_at', type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'client_assertions_expiry_idx', columns: ['expiresAt'] }],
});

/**
 * What is issued while this is written must not outlive it: the clocks of instances differ, and a token may be issued by a client that
 * was read just before.
 */
const MARGIN = "interval '3 seconds'";

/** Service clients in Postgres. */
export class TypeOrmServiceClientStore implements ServiceClientStore {
  readonly #database: Database;
  readonly #clients: Table<Omit<ServiceClient, 'readAt'>, ServiceClient>;

  constructor(database: Database) {
    this.#database = database;
    this.#clients = new Table(database, ServiceClientEntity, (row) => row);
  }

  insert(client: NewServiceClient): Promise<ServiceClient | null> {
    return this.#clients.row(
      // To the second, since tokens are dated so: those of the first second are valid.
      `INSERT INTO service_clients (id, name, scopes, audiences, acts_for_users, secret_digests, public_keys, tokens_not_before)
       VALUES ($1, $2, $3, $4, $5, $6, $7, date_trunc('second', now()))
       ON CONFLICT (name) DO NOTHING RETURNING ${this.#clients.columns}`,
      [
        client.id,
        client.name,
        client.scopes,
        client.audiences,
        client.actsForUsers,
        client.secretDigests,
        client.publicKeys,
      ],
    );
  }

  find(id: ServiceClientId): Promise<ServiceClient | null> {
    return this.#clients.find(id);
  }

  findByName(name: string): Promise<ServiceClient | null> {
    return this.#clients.row(`SELECT ${this.#clients.columns} FROM service_clients WHERE name = $1`, [name]);
  }

  list(): Promise<ServiceClient[]> {
    return this.#clients.rows(`SELECT ${this.#clients.columns} FROM service_clients ORDER BY name`, []);
  }

  async lock(id: ServiceClientId): Promise<ServiceClient | null> {
    const [row] = await this.#database.requireTransaction<ServiceClient>(
      `SELECT ${this.#clients.columns} FROM service_clients WHERE id = $1 FOR UPDATE`,
      [id],
    );
    return row === undefined ? null : this.#clients.rowOf(row);
  }

  async lockEnabled(id: ServiceClientId): Promise<boolean> {
    const rows: unknown[] = await this.#database.requireTransaction(
      'SELECT FROM service_clients WHERE id = $1 AND disabled_at IS NULL FOR SHARE',
      [id],
    );
    return rows.length > 0;
  }

  replaceCredentials(
    id: ServiceClientId,
    { secretDigests, publicKeys }: Pick<ServiceClient, 'secretDigests' | 'publicKeys'>,
    revokesTokens: boolean,
  ): Promise<ServiceClient> {
    return this.#updated(
      `UPDATE service_clients SET secret_digests = $2, public_keys = $3,
         tokens_not_before = CASE WHEN $4 THEN clock_timestamp() + ${MARGIN} ELSE tokens_not_before END
       WHERE id = $1 RETURNING ${this.#clients.columns}`,
      [id, secretDigests, publicKeys, revokesTokens],
    );
  }

  disable(id: ServiceClientId): Promise<ServiceClient> {
    return this.#updated(
      `UPDATE service_clients SET disabled_at = now(), tokens_not_before = clock_timestamp() + ${MARGIN}
       WHERE id = $1 RETURNING ${this.#clients.columns}`,
      [id],
    );
  }

  enable(id: ServiceClientId): Promise<ServiceClient> {
    return this.#updated(
      `UPDATE service_clients SET disabled_at = NULL WHERE id = $1 RETURNING ${this.#clients.columns}`,
      [id],
    );
  }

  async #updated(sql: string, parameters: readonly unknown[]): Promise<ServiceClient> {
    const client = await this.#clients.row(sql, parameters);
    if (client === null) throw new Error('the service client is not there');
    return client;
  }
}

/** Assertions of service clients in Postgres, by their digests. */
export class TypeOrmClientAssertionStore implements ClientAssertionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async use(id: ServiceClientId, jti: string, expiresAt: Date): Promise<boolean> {
    const used: unknown[] = await this.#database.query(
      `INSERT INTO client_assertions (client_id, jti_digest, expires_at) VALUES ($1, $2, $3)
       ON CONFLICT DO NOTHING RETURNING client_id`,
      [id, createHash('sha256').update(jti).digest(), expiresAt],
    );
    return used.length > 0;
  }

  async purge(limit: number): Promise<number> {
    // As long again as one is accepted: an instance whose clock is behind may still take it.
    const purged: unknown[] = await this.#database.query(
      `DELETE FROM client_assertions WHERE (client_id, jti_digest) IN (
         SELECT client_id, jti_digest FROM client_assertions WHERE expires_at < now() - interval '10 minutes'
         LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING client_id`,
      [limit],
    );
    return purged.length;
  }
}
