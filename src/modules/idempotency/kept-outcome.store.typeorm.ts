import { EntitySchema } from 'typeorm';
import type { Database } from '../../platform/database/database.ts';
import type { KeptOutcome, KeptOutcomeStore } from './kept-outcome.store.ts';

interface KeptOutcomeRow extends KeptOutcome {
  readonly createdAt: Date;
}

export const KeptOutcomeEntity = new EntitySchema<KeptOutcomeRow>({
  name: 'KeptOutcome',
  tableName: 'kept_outcomes',
  columns: {
    id: { type: 'bytea', primary: true, primaryKeyConstraintName: 'kept_outcomes_pkey' },
    sealed: { type: 'bytea' },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
  },
  indices: [{ name: 'kept_outcomes_created_idx', columns: ['createdAt'] }],
});

/** A lost answer is asked for again within seconds, or when a phone is back in the network. */
const IS_OVER = `created_at < now() - interval '10 minutes'`;

/** Kept outcomes in Postgres. */
export class TypeOrmKeptOutcomeStore implements KeptOutcomeStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert({ id, sealed }: KeptOutcome): Promise<boolean> {
    // One whose time is over need not be purged yet.
    const rows: unknown[] = await this.#database.requireTransaction(
      `INSERT INTO kept_outcomes AS kept (id, sealed) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET sealed = $2, created_at = now() WHERE kept.${IS_OVER} RETURNING 1`,
      [id, sealed],
    );
    return rows.length > 0;
  }

  async find(ids: readonly Buffer[]): Promise<KeptOutcome | null> {
    const [found] = await this.#database.query<KeptOutcome>(
      `SELECT id, sealed FROM kept_outcomes WHERE id = ANY($1) AND NOT ${IS_OVER}`,
      [ids],
    );
    return found ?? null;
  }

  async purge(limit: number): Promise<number> {
    const rows: unknown[] = await this.#database.query(
      `DELETE FROM kept_outcomes WHERE id IN (
         SELECT id FROM kept_outcomes WHERE ${IS_OVER} ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED
       ) RETURNING 1`,
      [limit],
    );
    return rows.length;
  }
}
