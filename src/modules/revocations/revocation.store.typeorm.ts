import type { Revocation } from '../../core/revocation.ts';
import type { Database } from '../../platform/database/database.ts';
import type { RevocationStore } from './revocation.store.ts';

/** Revocations as the rows of what was revoked tell them. */
export class TypeOrmRevocationStore implements RevocationStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  listWithin(seconds: number): Promise<Revocation[]> {
    return this.#database.query((manager) =>
      manager.query(
        `SELECT 'session' AS kind, id, NULL::timestamptz AS "notBefore" FROM sessions
           WHERE ended_at > now() - make_interval(secs => $1)
         UNION ALL
         SELECT 'personal_access_token', id, NULL FROM personal_access_tokens
           WHERE revoked_at > now() - make_interval(secs => $1)
         UNION ALL
         SELECT 'user', id, tokens_not_before FROM users
           WHERE tokens_not_before > now() - make_interval(secs => $1)`,
        [seconds],
      ),
    );
  }
}
