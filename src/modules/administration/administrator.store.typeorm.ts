import type { UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { AdministratorStore } from './administrator.store.ts';

/** Who administers users, in Postgres. */
export class TypeOrmAdministratorStore implements AdministratorStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async hasOtherActive(id: UserId, roles: readonly string[]): Promise<boolean> {
    await this.#database.requireTransaction('SELECT pg_advisory_xact_lock(hashtext($1))', [
      'latchkey administrators',
    ]);
    // Its own statement, so that it sees what committed while the lock was awaited.
    const [other] = await this.#database.query(
      `SELECT FROM users WHERE id <> $1 AND account_status = 'ACTIVE' AND roles && $2 AND (email_verified OR NOT provisioned) LIMIT 1`,
      [id, roles],
    );
    return other !== undefined;
  }
}
