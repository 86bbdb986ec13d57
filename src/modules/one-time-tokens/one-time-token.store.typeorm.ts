import { EntitySchema } from 'typeorm';
import type { OneTimeTokenId, UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import { Table } from '../../platform/database/table.ts';
import type {
  NewOneTimeToken,
  OneTimeToken,
  OneTimeTokenPurpose,
  OneTimeTokenStore,
} from './one-time-token.store.ts';

type OneTimeTokenRow = Omit<OneTimeToken, 'readAt'>;

export const OneTimeTokenEntity = new EntitySchema<OneTimeTokenRow>({
  name: 'OneTimeToken',
  tableName: 'one_time_tokens',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'one_time_tokens_pkey' },
    userId: { name: 'user_id', type: 'uuid' },
    purpose: { type: 'text' },
    salt: { type: 'bytea' },
    digest: { type: 'bytea' },
    emailKey: { name: 'email_key', type: 'text' },
    data: { type: 'jsonb', nullable: true },
    expiresAt: { name: 'expires_at', type: 'timestamptz', precision: 3 },
  },
  indices: [
    { name: 'one_time_tokens_user_idx', columns: ['userId', 'purpose'], unique: true },
    { name: 'one_time_tokens_digest_idx', columns: ['digest'], unique: true },
    { name: 'one_time_tokens_expiry_idx', columns: ['expiresAt'] },
  ],
  foreignKeys: [
    {
      name: 'one_time_tokens_user_id_fkey',
      target: 'User',
      columnNames: ['userId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

export const personalOneTimeTokens: PersonalRows = {
  entity: OneTimeTokenEntity,
  where: 'user_id = $1',
  parametersOf: ({ id }) => [id],
  withheld: ['salt', 'digest', 'passwordHash'],
};

/** One-time tokens in Postgres. Its clock decides their expiry. */
export class TypeOrmOneTimeTokenStore implements OneTimeTokenStore {
  readonly #database: Database;
  readonly #tokens: Table<OneTimeTokenRow, OneTimeToken>;

  constructor(database: Database) {
    this.#database = database;
    this.#tokens = new Table<OneTimeTokenRow, OneTimeToken>(database, OneTimeTokenEntity, (row) => row);
  }

  async replace(token: NewOneTimeToken): Promise<void> {
    const { id, userId, purpose, salt, digest, emailKey, data, lifetimeSeconds } = token;
    await this.#database.requireTransaction(
      `INSERT INTO one_time_tokens (id, user_id, purpose, salt, digest, email_key, data, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, now() + make_interval(secs => $8))
       ON CONFLICT (user_id, purpose) DO UPDATE SET id = excluded.id, salt = excluded.salt, digest = excluded.digest,
         email_key = excluded.email_key, data = excluded.data, expires_at = excluded.expires_at`,
      [
        id,
        userId,
        purpose,
        salt,
        digest,
        emailKey,
        data === null ? null : JSON.stringify(data),
        lifetimeSeconds,
      ],
    );
  }

  find(id: OneTimeTokenId): Promise<OneTimeToken | null> {
    return this.#tokens.row(`SELECT ${this.#tokens.columns} FROM one_time_tokens WHERE id = $1`, [id]);
  }

  findByDigest(digest: Buffer): Promise<OneTimeToken | null> {
    return this.#tokens.row(`SELECT ${this.#tokens.columns} FROM one_time_tokens WHERE digest = $1`, [
      digest,
    ]);
  }

  findOf(userId: UserId, purpose: OneTimeTokenPurpose): Promise<OneTimeToken | null> {
    return this.#tokens.row(
      `SELECT ${this.#tokens.columns} FROM one_time_tokens WHERE user_id = $1 AND purpose = $2`,
      [userId, purpose],
    );
  }

  take(id: OneTimeTokenId, digest: Buffer): Promise<OneTimeToken | null> {
    return this.#tokens.row(
      `DELETE FROM one_time_tokens WHERE id = $1 AND digest = $2 AND expires_at > now()
       RETURNING ${this.#tokens.columns}`,
      [id, digest],
    );
  }

  async deleteOf(userId: UserId, purposes: readonly OneTimeTokenPurpose[] | null): Promise<void> {
    await this.#database.requireTransaction(
      'DELETE FROM one_time_tokens WHERE user_id = $1 AND ($2::text[] IS NULL OR purpose = ANY($2))',
      [userId, purposes],
    );
  }

  async purge(olderThanSeconds: number, limit: number): Promise<number> {
    const purged = await this.#database.query(
      `DELETE FROM one_time_tokens WHERE id IN (
         SELECT id FROM one_time_tokens WHERE expires_at < now() - make_interval(secs => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [olderThanSeconds, limit],
    );
    return purged.length;
  }
}
