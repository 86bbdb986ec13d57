import { EntitySchema } from 'typeorm';
import type { UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import { listOf } from '../../platform/database/rows.ts';
import type { Identifier, User } from '../users/index.ts';
import type { PasswordStore } from './password.store.ts';
import type { StoredPassword, UserWithPassword } from './password.ts';
import { PREFIX } from './password-hash.ts';

interface PasswordRow extends StoredPassword {
  readonly userId: UserId;
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

export const personalPassword: PersonalRows = {
  entity: PasswordEntity,
  where: 'user_id = $1',
  parametersOf: ({ id }) => [id],
  withheld: ['hash'],
};

/** Passwords in Postgres. */
export class TypeOrmPasswordStore implements PasswordStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async find(userId: UserId): Promise<UserWithPassword | null> {
    return found(await this.#database.query(this.#select('LEFT JOIN', 'id = $1'), [userId]));
  }

  /** Rows that are locked are read again after the wait; of an outer join they could not be. */
  async lock(userId: UserId): Promise<UserWithPassword | null> {
    const sql = this.#select('JOIN', 'id = $1 FOR NO KEY UPDATE');
    return found(await this.#database.requireTransaction(sql, [userId]));
  }

  async findByIdentifier({ kind, key }: Identifier): Promise<UserWithPassword | null> {
    return found(await this.#database.query(this.#select('LEFT JOIN', `${kind}_key = $1`), [key]));
  }

  async set(userId: UserId, hash: string): Promise<void> {
    await this.#database.requireTransaction(
      `INSERT INTO passwords (user_id, hash) VALUES ($1, $2)
         ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = now()`,
      [userId, hash],
    );
  }

  async countByPepper(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#database.query<{ pepperId: string; count: number }>(
      `SELECT substr(hash, ${PREFIX.length + 1}, 8) AS "pepperId", count(*)::int AS count FROM passwords
       WHERE hash LIKE '${PREFIX}%' GROUP BY 1`,
    );
    return new Map(rows.map(({ pepperId, count }) => [pepperId, count]));
  }

  async replaceHash(userId: UserId, from: string, to: string): Promise<void> {
    await this.#database.query('UPDATE passwords SET hash = $3 WHERE user_id = $1 AND hash = $2', [
      userId,
      from,
      to,
    ]);
  }

  #select(join: 'JOIN' | 'LEFT JOIN', condition: string): string {
    // Another module's entity, known by its name.
    return `SELECT ${listOf(this.#database.columnsOf('User'))}, hash, changed_at
      FROM users ${join} passwords ON passwords.user_id = users.id WHERE ${condition}`;
  }
}

function found([row]: (User & { hash: string | null; changed_at: Date })[]): UserWithPassword | null {
  if (row === undefined) return null;
  const { hash, changed_at: changedAt, ...user } = row;
  return { user, password: hash === null ? null : { hash, changedAt } };
}
