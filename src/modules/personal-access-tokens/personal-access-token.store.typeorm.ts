import { EntitySchema } from 'typeorm';
import type { PersonalAccessTokenId, UserId } from '../../core/ids.ts';
import type { PageRequest } from '../../core/page.ts';
import type { Database } from '../../platform/database/database.ts';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import { type ReadAt, Table } from '../../platform/database/table.ts';
import type {
  NewPersonalAccessToken,
  PersonalAccessTokenStore,
  RecordWithOwner,
  TokenUse,
} from './personal-access-token.store.ts';
import type {
  PersonalAccessToken,
  PersonalAccessTokenStatus,
  RevokeReason,
} from './personal-access-token.ts';

interface OwnerColumns {
  readonly roles: string[];
  readonly account_status: RecordWithOwner['accountStatus'];
}

interface RecordRow extends Omit<PersonalAccessToken, 'readAt'> {
  /** Messages sent about its expiry: 1 a week before, 2 on the last day. */
  readonly expiryNotices: number;
}

export const PersonalAccessTokenEntity = new EntitySchema<RecordRow>({
  name: 'PersonalAccessToken',
  tableName: 'personal_access_tokens',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'personal_access_tokens_pkey' },
    userId: { name: 'user_id', type: 'uuid' },
    name: { type: 'text' },
    scopes: { type: 'text', array: true },
    digest: { type: 'bytea' },
    hint: { type: 'text' },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    expiresAt: { name: 'expires_at', type: 'timestamptz', precision: 3 },
    lastUsedAt: { name: 'last_used_at', type: 'timestamptz', precision: 3, nullable: true },
    lastUsedIpAddress: { name: 'last_used_ip_address', type: 'inet', nullable: true },
    revokedAt: { name: 'revoked_at', type: 'timestamptz', precision: 3, nullable: true },
    revokeReason: { name: 'revoke_reason', type: 'text', nullable: true },
    expiryNotices: { name: 'expiry_notices', type: 'integer', default: 0 },
  },
  indices: [
    { name: 'personal_access_tokens_digest_idx', columns: ['digest'], unique: true },
    { name: 'personal_access_tokens_user_idx', columns: ['userId', 'createdAt', 'id'] },
    { name: 'personal_access_tokens_expiry_idx', columns: ['expiresAt'], where: 'revoked_at IS NULL' },
    { name: 'personal_access_tokens_revoked_idx', columns: ['revokedAt'], where: 'revoked_at IS NOT NULL' },
  ],
  checks: [
    {
      name: 'personal_access_tokens_revoked_check',
      expression: '(revoked_at IS NULL) = (revoke_reason IS NULL)',
    },
    { name: 'personal_access_tokens_scopes_check', expression: 'cardinality(scopes) > 0' },
  ],
  foreignKeys: [
    {
      name: 'personal_access_tokens_user_id_fkey',
      target: 'User',
      columnNames: ['userId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

export const personalTokens: PersonalRows = {
  entity: PersonalAccessTokenEntity,
  where: 'user_id = $1',
  parametersOf: ({ id }) => [id],
  withheld: ['digest'],
};

const CONDITIONS: Readonly<Record<PersonalAccessTokenStatus, string>> = {
  ACTIVE: 'revoked_at IS NULL AND expires_at > now()',
  EXPIRED: 'revoked_at IS NULL AND expires_at <= now()',
  REVOKED: 'revoked_at IS NOT NULL',
};

function hasStatus(status: PersonalAccessTokenStatus | null): string {
  return status === null ? 'true' : CONDITIONS[status];
}

/** Personal access tokens in Postgres. */
export class TypeOrmPersonalAccessTokenStore implements PersonalAccessTokenStore {
  readonly #database: Database;
  readonly #records: Table<RecordRow, PersonalAccessToken>;

  constructor(database: Database) {
    this.#database = database;
    this.#records = new Table<RecordRow, PersonalAccessToken>(
      database,
      PersonalAccessTokenEntity,
      (row) => row,
    );
  }

  async insert(record: NewPersonalAccessToken): Promise<PersonalAccessToken> {
    const inserted = await this.#records.row(
      `INSERT INTO personal_access_tokens (id, user_id, name, scopes, digest, hint, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7)) RETURNING ${this.#records.columns}`,
      [
        record.id,
        record.userId,
        record.name,
        record.scopes,
        record.digest,
        record.hint,
        record.lifetimeSeconds,
      ],
    );
    if (inserted === null) throw new Error('INSERT returned no row');
    return inserted;
  }

  async findByDigest(digest: Buffer): Promise<RecordWithOwner | null> {
    const [row] = await this.#database.query<RecordRow & ReadAt & OwnerColumns>(
      `SELECT ${this.#records.columns}, roles, account_status
       FROM personal_access_tokens, (SELECT id AS owner_id, roles, account_status FROM users) AS owner
       WHERE digest = $1 AND owner_id = user_id`,
      [digest],
    );
    if (row === undefined) return null;
    const { roles, account_status: accountStatus, ...record } = row;
    return { record: this.#records.rowOf(record), roles, accountStatus };
  }

  findMany(ids: readonly PersonalAccessTokenId[]): Promise<PersonalAccessToken[]> {
    return this.#records.findMany(ids);
  }

  async countActive(userId: UserId): Promise<number> {
    return (await this.countOf([userId], 'ACTIVE')).get(userId) ?? 0;
  }

  async lockActive(id: PersonalAccessTokenId): Promise<boolean> {
    const rows: unknown[] = await this.#database.requireTransaction(
      `SELECT FROM personal_access_tokens WHERE id = $1 AND ${CONDITIONS.ACTIVE}
           AND EXISTS (SELECT FROM users WHERE id = user_id AND account_status = 'ACTIVE') FOR SHARE`,
      [id],
    );
    return rows.length > 0;
  }

  revoke(id: PersonalAccessTokenId, reason: RevokeReason): Promise<PersonalAccessToken | null> {
    return this.#records.row(
      `UPDATE personal_access_tokens SET revoked_at = now(), revoke_reason = $2
       WHERE id = $1 AND revoked_at IS NULL RETURNING ${this.#records.columns}`,
      [id, reason],
    );
  }

  revokeAgain(
    revoked: readonly { readonly id: PersonalAccessTokenId; readonly reason: RevokeReason }[],
  ): Promise<PersonalAccessToken[]> {
    return this.#records.rows(
      `UPDATE personal_access_tokens SET revoked_at = now(), revoke_reason = revoked.reason
       FROM unnest($1::uuid[], $2::text[]) AS revoked (revoked_id, reason)
       WHERE id = revoked_id AND id IN (
         SELECT id FROM personal_access_tokens WHERE id = ANY($1) AND revoked_at IS NULL FOR UPDATE SKIP LOCKED
       ) RETURNING ${this.#records.columns}`,
      [revoked.map(({ id }) => id), revoked.map(({ reason }) => reason)],
    );
  }

  revokeAllOf(userId: UserId, reason: RevokeReason): Promise<PersonalAccessToken[]> {
    return this.#records.rows(
      `UPDATE personal_access_tokens SET revoked_at = now(), revoke_reason = $2
       WHERE user_id = $1 AND ${CONDITIONS.ACTIVE} RETURNING ${this.#records.columns}`,
      [userId, reason],
    );
  }

  listOf(
    userIds: readonly UserId[],
    status: PersonalAccessTokenStatus | null,
    page: PageRequest,
  ): Promise<PersonalAccessToken[]> {
    return this.#records.pagesOf(userIds, { where: hasStatus(status), orderBy: 'created_at' }, page);
  }

  async countOf(
    userIds: readonly UserId[],
    status: PersonalAccessTokenStatus | null,
  ): Promise<ReadonlyMap<UserId, number>> {
    const rows: { id: UserId; count: number }[] = await this.#database.query(
      `SELECT user_id AS id, count(*)::int AS count FROM personal_access_tokens
         WHERE user_id = ANY($1) AND ${hasStatus(status)} GROUP BY user_id`,
      [userIds],
    );
    return new Map(rows.map(({ id, count }) => [id, count]));
  }

  takeExpiring(limit: number): Promise<PersonalAccessToken[]> {
    // Of a token that lives no longer than the notice is early, the owner need not be reminded.
    return this.#records.rows(
      `UPDATE personal_access_tokens SET expiry_notices = CASE WHEN expires_at < now() + interval '1 day' THEN 2 ELSE 1 END
       WHERE id IN (
         SELECT id FROM personal_access_tokens WHERE revoked_at IS NULL AND expires_at > now() AND (
           expiry_notices < 1 AND expires_at < now() + interval '7 days' AND expires_at > created_at + interval '8 days'
           OR expiry_notices < 2 AND expires_at < now() + interval '1 day' AND expires_at > created_at + interval '2 days')
         LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING ${this.#records.columns}`,
      [limit],
    );
  }

  async purge(olderThanSeconds: number, limit: number): Promise<number> {
    const purged = await this.#database.query(
      `DELETE FROM personal_access_tokens WHERE id IN (
         SELECT id FROM personal_access_tokens WHERE revoked_at < now() - make_interval(secs => $1)
           OR revoked_at IS NULL AND expires_at < now() - make_interval(secs => $1)
         LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING id`,
      [olderThanSeconds, limit],
    );
    return purged.length;
  }

  async recordUses(uses: readonly TokenUse[]): Promise<void> {
    await this.#database.query(
      `UPDATE personal_access_tokens t SET last_used_at = use.at, last_used_ip_address = use.ip
         FROM unnest($1::uuid[], $2::timestamptz[], $3::inet[]) AS use (id, at, ip)
         WHERE t.id = use.id AND (t.last_used_at IS NULL OR t.last_used_at < use.at)`,
      [uses.map(({ id }) => id), uses.map(({ usedAt }) => usedAt), uses.map(({ ipAddress }) => ipAddress)],
    );
  }
}
