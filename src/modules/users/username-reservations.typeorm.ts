import { EntitySchema } from 'typeorm';
import type { Database } from '../../platform/database/database.ts';
import type { PersonalRows } from '../../platform/database/personal-rows.ts';
import type { AccountName } from './account-names.ts';
import type { UsernameReservations } from './username-reservations.ts';

interface UsernameReservationRow {
  readonly usernameKey: string;
  readonly emailKey: string;
  readonly expiresAt: Date;
}

export const UsernameReservationEntity = new EntitySchema<UsernameReservationRow>({
  name: 'UsernameReservation',
  tableName: 'username_reservations',
  columns: {
    usernameKey: {
      name: 'username_key',
      type: 'text',
      primary: true,
      primaryKeyConstraintName: 'username_reservations_pkey',
    },
    emailKey: { name: 'email_key', type: 'text' },
    expiresAt: { name: 'expires_at', type: 'timestamptz', precision: 3 },
  },
  indices: [{ name: 'username_reservations_expiry_idx', columns: ['expiresAt'] }],
});

export const personalUsernameReservations: PersonalRows = {
  entity: UsernameReservationEntity,
  where: 'email_key = $1',
  parametersOf: ({ emailKey }) => [emailKey],
};

/** Reservations of usernames in Postgres. */
export class TypeOrmUsernameReservations implements UsernameReservations {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async reserve({ key }: AccountName, emailKey: string, seconds: number): Promise<boolean> {
    const [reserved] = await this.#database.query(
      `INSERT INTO username_reservations AS reserved (username_key, email_key, expires_at)
       SELECT $1, $2, now() + make_interval(secs => $3)
       WHERE NOT EXISTS (SELECT FROM users WHERE users.username_key = $1)
       ON CONFLICT (username_key) DO UPDATE SET email_key = excluded.email_key, expires_at = excluded.expires_at
         WHERE reserved.email_key = excluded.email_key OR reserved.expires_at <= now()
       RETURNING username_key`,
      [key, emailKey, seconds],
    );
    return reserved !== undefined;
  }

  async release(emailKey: string): Promise<void> {
    await this.#database.query('DELETE FROM username_reservations WHERE email_key = $1', [emailKey]);
  }

  async purge(limit: number): Promise<number> {
    const purged = await this.#database.query(
      `DELETE FROM username_reservations WHERE username_key IN (
         SELECT username_key FROM username_reservations WHERE expires_at < now()
         LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING username_key`,
      [limit],
    );
    return purged.length;
  }
}
