import type { UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { IdentifiedUser, ImportedUserStore, Taken } from './imported-user.store.ts';
import type { ImportedUser } from './imported-user.ts';

/** Imported users in Postgres. */
export class TypeOrmImportedUserStore implements ImportedUserStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async findTaken(users: readonly ImportedUser[]): Promise<Taken> {
    const rows = await this.#database.query<{ kind: keyof Taken; value: string }>(
      `SELECT 'emails' AS kind, email_key AS value FROM users WHERE email_key = ANY($1)
       UNION ALL SELECT 'usernames', username_key FROM users WHERE username_key = ANY($2)
       UNION ALL SELECT 'ids', id::text FROM users WHERE id = ANY($3)`,
      [
        users.map(({ email }) => email.key),
        users.flatMap(({ username }) => username?.key ?? []),
        users.flatMap(({ id }) => id ?? []),
      ],
    );
    const taken = { emails: new Set<string>(), usernames: new Set<string>(), ids: new Set<string>() };
    for (const { kind, value } of rows) taken[kind].add(value);
    return taken;
  }

  async add(users: readonly IdentifiedUser[]): Promise<ReadonlySet<UserId>> {
    const added = await this.#database.requireTransaction<{ id: UserId }>(
      `WITH given AS (
         SELECT * FROM jsonb_to_recordset($1) AS imported (
           id uuid, email text, email_key text, email_verified boolean, username text, username_key text, name text,
           roles text[], account_status text, created_at timestamptz, hash text)
       ), added AS (
         INSERT INTO users (id, email, email_key, email_verified, username, username_key, name, roles, account_status, provisioned, created_at)
         SELECT id, email, email_key, email_verified, username, username_key, name, roles, account_status,
           true, coalesce(created_at, now()) FROM given
         ON CONFLICT DO NOTHING RETURNING id
       ), password AS (
         INSERT INTO passwords (user_id, hash) SELECT id, hash FROM added JOIN given USING (id) WHERE hash IS NOT NULL
       ) SELECT id FROM added`,
      [JSON.stringify(users.map(rowOf))],
    );
    return new Set(added.map(({ id }) => id));
  }
}

function rowOf(user: IdentifiedUser) {
  return {
    id: user.id,
    email: user.email.text,
    email_key: user.email.key,
    email_verified: user.emailVerified,
    username: user.username?.text ?? null,
    username_key: user.username?.key ?? null,
    name: user.name,
    roles: user.roles,
    account_status: user.isDisabled ? 'DISABLED' : 'ACTIVE',
    created_at: user.createdAt,
    hash: user.passwordHash,
  };
}
