import { createHash } from 'node:crypto';
import { EntitySchema } from 'typeorm';
import type { ServiceClientId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import { type ReadAt, Table } from '../../platform/database/table.ts';
import type { ClientAssertionStore, NewServiceClient, ServiceClientStore } from './service-client.store.ts';
import type { ServiceClient } from './service-client.ts';

export const ServiceClientEntity = new EntitySchema<ServiceClient>({
  name: 'ServiceClient',
  tableName: 'service_clients',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'service_clients_pkey' },
    name: { type: 'text' },
    scopes: { type: 'text', array: true },
    audiences: { type: 'text', array: true },
    actsForUsers: { name: 'acts_for_users', type: 'boolean' },
    credentials: { type: 'jsonb' },
    tokensNotBefore: { name: 'tokens_not_before', type: 'timestamptz', precision: 3 },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    disabledAt: { name: 'disabled_at', type: 'timestamptz', precision: 3, nullable: true },
  },
  indices: [{ name: 'service_clients_name_idx', columns: ['name'], unique: true }],
  checks: [
    { name: 'service_clients_audiences_check', expression: 'cardinality(audiences) > 0' },
    {
      name: 'service_clients_credentials_check',
      expression: 'jsonb_array_length(credentials) BETWEEN 1 AND 2',
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
 * Ahead of the clock: tokens that are issued while this is written are revoked too, and the clocks of instances differ. After a change
 * tokens are dated to the second that follows its time, so the next change is later than that.
 */
const NOT_BEFORE =
  "greatest(clock_timestamp() + interval '3 seconds', tokens_not_before + interval '1 second')";

/** Service clients in Postgres. */
export class TypeOrmServiceClientStore implements ServiceClientStore {
  readonly #database: Database;
  readonly #clients: Table<ServiceClient, ServiceClient>;

  constructor(database: Database) {
    this.#database = database;
    this.#clients = new Table(database, ServiceClientEntity, ({ readAt: _, ...client }) => client);
  }

  insert(client: NewServiceClient): Promise<ServiceClient | null> {
    return this.#clients.row(
      // To the second, since tokens are dated so: those of the first second are valid.
      `INSERT INTO service_clients (id, name, scopes, audiences, acts_for_users, credentials, tokens_not_before)
       VALUES ($1, $2, $3, $4, $5, $6, date_trunc('second', now()))
       ON CONFLICT (name) DO NOTHING RETURNING ${this.#clients.columns}`,
      [
        client.id,
        client.name,
        client.scopes,
        client.audiences,
        client.actsForUsers,
        JSON.stringify(client.credentials),
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
    const [row] = await this.#database.requireTransaction<ServiceClient & ReadAt>(
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

  async lockUnchanged({
    id,
    tokensNotBefore,
  }: Pick<ServiceClient, 'id' | 'tokensNotBefore'>): Promise<boolean> {
    const rows: unknown[] = await this.#database.requireTransaction(
      'SELECT FROM service_clients WHERE id = $1 AND disabled_at IS NULL AND tokens_not_before = $2 FOR SHARE',
      [id, tokensNotBefore],
    );
    return rows.length > 0;
  }

  replaceCredentials(
    id: ServiceClientId,
    credentials: ServiceClient['credentials'],
    revokesTokens: boolean,
  ): Promise<ServiceClient> {
    return this.#updated(
      `UPDATE service_clients SET credentials = $2,
         tokens_not_before = CASE WHEN $3 THEN ${NOT_BEFORE} ELSE tokens_not_before END
       WHERE id = $1 RETURNING ${this.#clients.columns}`,
      [id, JSON.stringify(credentials), revokesTokens],
    );
  }

  disable(id: ServiceClientId): Promise<ServiceClient> {
    return this.#updated(
      `UPDATE service_clients SET disabled_at = now(), tokens_not_before = ${NOT_BEFORE}
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

  refuseTokensAgain(
    clients: readonly { readonly id: ServiceClientId; readonly notBefore: Date }[],
  ): Promise<ServiceClient[]> {
    return this.#clients.rows(
      `UPDATE service_clients SET tokens_not_before = heard.not_before
       FROM unnest($1::uuid[], $2::timestamptz[]) AS heard (heard_id, not_before)
       WHERE id = heard_id AND id IN (
         SELECT id FROM service_clients JOIN unnest($1::uuid[], $2::timestamptz[]) AS later (later_id, later_not_before) ON id = later_id
         WHERE tokens_not_before < later_not_before FOR NO KEY UPDATE OF service_clients SKIP LOCKED
       ) RETURNING ${this.#clients.columns}`,
      [clients.map(({ id }) => id), clients.map(({ notBefore }) => notBefore)],
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
