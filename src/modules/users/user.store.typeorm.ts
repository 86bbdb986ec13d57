import { EntitySchema } from 'typeorm';
import type { UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import { violates } from '../../platform/database/failures.ts';
import { mappedRows } from '../../platform/database/rows.ts';
import type { Identifier } from './account-names.ts';
import {
  type NewUser,
  type ProfileChanges,
  type Registration,
  UsernameTaken,
  type UserStore,
} from './user.store.ts';
import type { User, UserWithPassword } from './user.ts';

interface UserRow extends User {
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
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    updatedAt: { name: 'updated_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    tokensNotBefore: { name: 'tokens_not_before', type: 'timestamptz', precision: 3, nullable: true },
    lastActiveAt: { name: 'last_active_at', type: 'timestamptz', precision: 3, nullable: true },
  },
  indices: [
    { name: 'users_email_key_idx', columns: ['emailKey'], unique: true },
    { name: 'users_username_key_idx', columns: ['usernameKey'], unique: true },
    {
      name: 'users_tokens_not_before_idx',
      columns: ['tokensNotBefore'],
      where: 'tokens_not_before IS NOT NULL',
    },
  ],
  checks: [{ name: 'users_account_status_check', expression: `account_status IN ('ACTIVE', 'DISABLED')` }],
});

interface PasswordRow {
  readonly userId: UserId;
  readonly hash: string;
  readonly changedAt: Date;
}

export const PasswordEntity = new EntitySchema<PasswordRow>({
  name: 'Password',
  tableName: 'passwords',
  columns: {
    userId: { name: 'user_id', type: 'uuid', primary: true, primaryKeyConstraintName: 'passwords_pkey' },
    hash: { type: 'text' },
    changedAt: { name: 'changed_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
  },
  foreignKeys: [
    {
      name: 'passwords_user_id_fkey',
      target: 'User',
      columnNames: ['userId'],
      referencedColumnNames: ['id'],
      onDelete: 'CASCADE',
    },
  ],
});

/** Accounts in Postgres. */
export class TypeOrmUserStore implements UserStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  findMany(ids: readonly UserId[]): Promise<User[]> {
    return this.#users('SELECT * FROM users WHERE id = ANY($1)', [ids]);
  }

  findByIdentifier({ kind, key }: Identifier): Promise<UserWithPassword | null> {
    return this.#withPassword(`${kind}_key = $1`, key);
  }

  findWithPassword(id: UserId): Promise<UserWithPassword | null> {
    return this.#withPassword('id = $1', id);
  }

  async lock(id: UserId): Promise<UserWithPassword | null> {
    // Locked first and read after: one statement would read the password as of before the wait for the lock.
    await this.lockAll([id]);
    return this.findWithPassword(id);
  }

  async lockAll(ids: readonly UserId[]): Promise<void> {
    await this.#database.requireTransaction((manager) =>
      manager.query('SELECT FROM users WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE', [ids]),
    );
  }

  async register(user: NewUser, passwordHash: string): Promise<Registration> {
    const [registered] = await this.#users(
      `WITH added AS (
         INSERT INTO users (id, email, email_key, email_verified, username, username_key, name, roles, last_active_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now()) ON CONFLICT DO NOTHING RETURNING *
       ), password AS (
         INSERT INTO passwords (user_id, hash) SELECT id, $9 FROM added
       ) SELECT * FROM added`,
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
      ],
    );
    if (registered !== undefined) return { kind: 'registered', user: registered };
    const emailTaken =
      (await this.#users('SELECT * FROM users WHERE email_key = $1', [user.email.key])).length > 0;
    return { kind: emailTaken ? 'email_taken' : 'username_taken' };
  }

  async updateProfile(id: UserId, { username, name }: ProfileChanges): Promise<User | null> {
    try {
      const [user] = await this.#users(
        `UPDATE users SET updated_at = now(),
           username = CASE WHEN $2 THEN $3 ELSE username END,
           username_key = CASE WHEN $2 THEN $4 ELSE username_key END,
           name = CASE WHEN $5 THEN $6 ELSE name END
         WHERE id = $1 RETURNING *`,
        [
          id,
          username !== undefined,
          username?.text ?? null,
          username?.key ?? null,
          name !== undefined,
          name ?? null,
        ],
      );
      return user ?? null;
    } catch (error) {
      throw violates(error, 'users_username_key_idx') ? new UsernameTaken() : error;
    }
  }

  async setPassword(id: UserId, passwordHash: string): Promise<void> {
    await this.#database.requireTransaction((manager) =>
      manager.query(
        `INSERT INTO passwords (user_id, hash) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = now()`,
        [id, passwordHash],
      ),
    );
  }

  async replaceHash(id: UserId, from: string, to: string): Promise<void> {
    await this.#database.query((manager) =>
      manager.query('UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2', [id, from, to]),
    );
  }

  async setRoles(id: UserId, roles: readonly string[]): Promise<User | null> {
    const [user] = await this.#users(
      `UPDATE users SET roles = $2, updated_at = now(), tokens_not_before = clock_timestamp() + interval '3 seconds'
       WHERE id = $1 RETURNING *`,
      [id, roles],
    );
    return user ?? null;
  }

  async lastActivityOf(ids: readonly UserId[]): Promise<ReadonlyMap<UserId, Date>> {
    const rows: { id: UserId; at: Date | null }[] = await this.#database.query((manager) =>
      manager.query(
        `SELECT id, greatest(last_active_at, (SELECT max(s.last_active_at) FROM sessions s WHERE s.user_id = u.id)) AS at
         FROM users u WHERE id = ANY($1)`,
        [ids],
      ),
    );
    return new Map(rows.flatMap(({ id, at }) => (at === null ? [] : [[id, at] as const])));
  }

  async touch(id: UserId): Promise<void> {
    await this.#database.query((manager) =>
      manager.query('UPDATE users SET last_active_at = now() WHERE id = $1', [id]),
    );
  }

  async #withPassword(condition: string, value: string): Promise<UserWithPassword | null> {
    const rows = await this.#database.query((manager) =>
      mappedRows(
        manager,
        UserEntity,
        `SELECT u.*, p.hash, p.changed_at FROM users u LEFT JOIN passwords p ON p.user_id = u.id WHERE u.${condition}`,
        [value],
        ({ hash, changed_at }: { hash: string | null; changed_at: Date }) =>
          hash === null ? null : { hash, changedAt: changed_at },
      ),
    );
    const [row] = rows;
    return row === undefined ? null : { user: row[0], password: row[1] };
  }

  async #users(sql: string, parameters: unknown[]): Promise<User[]> {
    const rows = await this.#database.query((manager) =>
      mappedRows(manager, UserEntity, sql, parameters, () => null),
    );
    return rows.map(([user]) => user);
  }
}
