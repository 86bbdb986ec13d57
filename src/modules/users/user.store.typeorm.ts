import { EntitySchema } from 'typeorm';
import type { UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import { violates } from '../../platform/database/failures.ts';
import type { Lookup } from '../../platform/database/lookup.ts';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import { Table } from '../../platform/database/table.ts';
import type { AccountName, Identifier } from './account-names.ts';
import type { UserStore } from './user.store.ts';
import { type AccountStatus, PROFILE, type Profile, type User } from './user.ts';
import {
  EmailTaken,
  type NewUser,
  type ProfileChanges,
  type Registration,
  UsernameTaken,
  type UserOfNewRoles,
} from './user-directory.ts';

export interface UserRow extends User {
  readonly emailKey: string;
  readonly usernameKey: string | null;
  readonly lastActiveAt: Date | null;
}

export const UserEntity = new EntitySchema<UserRow>({
  name: 'User',
  tableName: 'users',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'users_pkey' },
    email: { type: 'text' },
    emailKey: { name: 'email_key', type: 'text' },
    emailVerified: { name: 'email_verified', type: 'boolean', default: false },
    username: { type: 'text', nullable: true },
    usernameKey: { name: 'username_key', type: 'text', nullable: true },
    name: { type: 'text', nullable: true },
    roles: { type: 'text', array: true },
    accountStatus: { name: 'account_status', type: 'text', default: 'ACTIVE' },
    isProvisioned: { name: 'provisioned', type: 'boolean', default: false },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    updatedAt: { name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    tokensNotBefore: { name: 'tokens_not_before', type: 'timestamptz', precision: 3, nullable: true },
    lastActiveAt: { name: 'last_active_at', type: 'timestamptz', precision: 3, nullable: true },
  },
  indices: [
    { name: 'users_email_key_idx', columns: ['emailKey'], unique: true },
    { name: 'users_username_key_idx', columns: ['usernameKey'], unique: true },
    {
      // Read only by replicas of the previous version, for revocations. Drop it one release later.
      name: 'users_tokens_not_before_idx',
      columns: ['tokensNotBefore'],
      where: 'tokens_not_before IS NOT NULL',
    },
    { name: 'users_created_idx', columns: ['createdAt', 'id'] },
    { name: 'users_disabled_idx', columns: ['createdAt', 'id'], where: `account_status = 'DISABLED'` },
    { name: 'users_unverified_idx', columns: ['createdAt', 'id'], where: 'NOT email_verified' },
    // An entity schema cannot say that it is a GIN index, nor say users_search_idx, which is of an expression.
    { name: 'users_roles_idx', columns: ['roles'], synchronize: false },
  ],
  checks: [{ name: 'users_account_status_check', expression: `account_status IN ('ACTIVE', 'DISABLED')` }],
});

export const personalUser: PersonalRows = {
  entity: UserEntity,
  where: 'id = $1',
  parametersOf: ({ id }) => [id],
};

/** Users in Postgres. */
export class TypeOrmUserStore implements UserStore {
  readonly #database: Database;
  readonly #users: Table<UserRow, User>;
  readonly #profiles: Lookup<UserId, Profile>;

  constructor(database: Database) {
    this.#database = database;
    this.#users = new Table<UserRow, User>(database, UserEntity, (row) => row);
    this.#profiles = this.#users.lookupOf(PROFILE);
  }

  findMany(ids: readonly UserId[]): Promise<User[]> {
    return this.#users.findMany(ids);
  }

  findProfiles(ids: readonly UserId[]): Promise<Profile[]> {
    return this.#profiles.findMany(ids);
  }

  findByIdentifier({ kind, key }: Identifier): Promise<User | null> {
    return this.#users.row(`SELECT ${this.#users.columns} FROM users WHERE ${kind}_key = $1`, [key]);
  }

  async lockAll(ids: readonly UserId[]): Promise<void> {
    await this.#database.requireTransaction(
      'SELECT FROM users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE',
      [ids],
    );
  }

  lock(id: UserId): Promise<User | null> {
    const sql = `SELECT ${this.#users.columns} FROM users WHERE id = $1 FOR NO KEY UPDATE`;
    return this.#users.row(sql, [id]);
  }

  async register(user: NewUser, passwordHash: string | null): Promise<Registration> {
    const registered = await this.#users.row(
      `WITH added AS (
         INSERT INTO users (id, email, email_key, email_verified, username, username_key, name, roles, provisioned, last_active_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $10, now()) ON CONFLICT DO NOTHING RETURNING *
       ), password AS (
         INSERT INTO passwords (user_id, hash) SELECT id, $9::text FROM added WHERE $9::text IS NOT NULL
       ) SELECT ${this.#users.columns} FROM added`,
      [
        user.id,
        user.email.text,
        user.email.key,
        user.emailVerified,
        user.username?.text ?? null,
        user.username?.key ?? null,
        user.name,
        user.roles,
        passwordHash,
        user.isProvisioned,
      ],
    );
    if (registered !== null) return { kind: 'registered', user: registered };
    const emailTaken =
      (await this.#users.row(`SELECT ${this.#users.columns} FROM users WHERE email_key = $1`, [
        user.email.key,
      ])) !== null;
    return { kind: emailTaken ? 'email_taken' : 'username_taken' };
  }

  async updateProfile(id: UserId, { username, name }: ProfileChanges): Promise<User> {
    if (username != null && (await this.#isReserved(id, username))) throw new UsernameTaken();
    try {
      return required(
        await this.#users.row(
          `UPDATE users SET updated_at = now(),
           username = CASE WHEN $2 THEN $3 ELSE username END,
           username_key = CASE WHEN $2 THEN $4 ELSE username_key END,
           name = CASE WHEN $5 THEN $6 ELSE name END
         WHERE id = $1 RETURNING ${this.#users.columns}`,
          [
            id,
            username !== undefined,
            username?.text ?? null,
            username?.key ?? null,
            name !== undefined,
            name ?? null,
          ],
        ),
      );
    } catch (error) {
      throw violates(error, 'users_username_key_idx') ? new UsernameTaken() : error;
    }
  }

  async confirmEmail(id: UserId): Promise<User> {
    return required(
      await this.#users.row(
        `UPDATE users SET email_verified = true, updated_at = now() WHERE id = $1 RETURNING ${this.#users.columns}`,
        [id],
      ),
    );
  }

  async changeEmail(id: UserId, { text, key }: AccountName, isVerified: boolean): Promise<User> {
    try {
      return required(
        await this.#users.row(
          `UPDATE users SET email = $2, email_key = $3, email_verified = $4, provisioned = provisioned OR NOT $4, updated_at = now()
           WHERE id = $1 RETURNING ${this.#users.columns}`,
          [id, text, key, isVerified],
        ),
      );
    } catch (error) {
      throw violates(error, 'users_email_key_idx') ? new EmailTaken() : error;
    }
  }

  async completeSignup(
    id: UserId,
    { username, name }: { readonly username: AccountName | null; readonly name: string | null },
  ): Promise<void> {
    await this.#database.requireTransaction(
      `UPDATE users SET name = $4, updated_at = now(),
         username = CASE WHEN free THEN $2 END, username_key = CASE WHEN free THEN $3 END
       FROM (SELECT NOT EXISTS (SELECT FROM users other WHERE other.username_key = $3 AND other.id <> $1)
         AND NOT EXISTS (SELECT FROM username_reservations WHERE username_key = $3 AND expires_at > now()
           AND email_key <> (SELECT email_key FROM users WHERE id = $1)) AS free) AS name
       WHERE id = $1`,
      [id, username?.text ?? null, username?.key ?? null, name],
    );
  }

  async delete(id: UserId): Promise<void> {
    await this.#database.requireTransaction('DELETE FROM users WHERE id = $1', [id]);
  }

  /** Whether a sign-up with another address, which is not confirmed yet, has the username. */
  async #isReserved(id: UserId, { key }: AccountName): Promise<boolean> {
    const [reservation] = await this.#database.query(
      `SELECT FROM username_reservations WHERE username_key = $2 AND expires_at > now()
         AND email_key <> (SELECT email_key FROM users WHERE id = $1)`,
      [id, key],
    );
    return reservation !== undefined;
  }

  async setRoles(id: UserId, roles: readonly string[]): Promise<UserOfNewRoles> {
    const user = await this.#users.row(
      `UPDATE users SET roles = $2, updated_at = now(), tokens_not_before = clock_timestamp() + interval '3 seconds'
       WHERE id = $1 RETURNING ${this.#users.columns}`,
      [id, roles],
    );
    return required(user as UserOfNewRoles | null);
  }

  async setStatus(id: UserId, status: AccountStatus): Promise<User> {
    const sql = `UPDATE users SET account_status = $2, updated_at = now() WHERE id = $1 RETURNING ${this.#users.columns}`;
    return required(await this.#users.row(sql, [id, status]));
  }

  async refuseTokensAgain(
    users: readonly { readonly id: UserId; readonly notBefore: Date }[],
  ): Promise<UserOfNewRoles[]> {
    const changed = await this.#users.rows(
      `UPDATE users SET tokens_not_before = refused.not_before
       FROM unnest($1::uuid[], $2::timestamptz[]) AS refused (refused_id, not_before)
       WHERE id = refused_id AND id IN (
         SELECT id FROM users JOIN unnest($1::uuid[], $2::timestamptz[]) AS heard (heard_id, heard_not_before) ON id = heard_id
         WHERE tokens_not_before IS NULL OR tokens_not_before < heard_not_before FOR NO KEY UPDATE OF users SKIP LOCKED
       ) RETURNING ${this.#users.columns}`,
      [users.map(({ id }) => id), users.map(({ notBefore }) => notBefore)],
    );
    return changed as UserOfNewRoles[];
  }

  async lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>> {
    const rows: { id: UserId; at: Date | null }[] = await this.#database.query(
      `SELECT id, greatest(last_active_at, (SELECT max(s.last_active_at) FROM sessions s WHERE s.user_id = u.id)) AS at
         FROM users u WHERE id = ANY($1)`,
      [ids],
    );
    return new Map(rows.flatMap(({ id, at }) => (at === null ? [] : [[id, at] as const])));
  }
}

/** The row of a user who is locked. */
function required<U extends User>(user: U | null): U {
  if (user === null) throw new Error('a locked user does not exist');
  return user;
}
