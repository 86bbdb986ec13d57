import { EntitySchema } from 'typeorm';
import type { DeferredRequestId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { DeferredRequest, DeferredRequestStore } from './deferred-request.store.ts';

interface DeferredRequestRow {
  readonly id: DeferredRequestId;
  readonly kind: string;
  readonly data: object;
  readonly origin: object;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly dueAt: Date;
}

export const DeferredRequestEntity = new EntitySchema<DeferredRequestRow>({
  name: 'DeferredRequest',
  tableName: 'deferred_requests',
  columns: {
    id: { type: 'uuid', primary: true, primaryKeyConstraintName: 'deferred_requests_pkey' },
    kind: { type: 'text' },
    data: { type: 'jsonb' },
    origin: { type: 'jsonb' },
    attempts: { type: 'integer', default: 0 },
    createdAt: { name: 'created_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
    dueAt: { name: 'due_at', type: 'timestamptz', precision: 3, default: () => 'now()' },
  },
  indices: [{ name: 'deferred_requests_due_idx', columns: ['dueAt'] }],
});

/** Deferred requests in Postgres. */
export class TypeOrmDeferredRequestStore implements DeferredRequestStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert({ id, kind, data, origin }: Omit<DeferredRequest, 'attempts'>): Promise<void> {
    await this.#database.query(
      'INSERT INTO deferred_requests (id, kind, data, origin) VALUES ($1, $2, $3, $4)',
      [id, kind, JSON.stringify(data), JSON.stringify(origin)],
    );
  }

  async takeNext(): Promise<DeferredRequest | null> {
    // Times are rounded to the millisecond, some into the future: a new request is due at once.
    const [taken] = await this.#database.requireTransaction<DeferredRequest>(
      `DELETE FROM deferred_requests WHERE id = (
         SELECT id FROM deferred_requests WHERE due_at <= now() + interval '1 ms' ORDER BY due_at, created_at LIMIT 1
         FOR UPDATE SKIP LOCKED)
       RETURNING id, kind, data, origin, attempts`,
    );
    return taken ?? null;
  }

  async postpone(id: DeferredRequestId, seconds: number): Promise<void> {
    await this.#database.query(
      `UPDATE deferred_requests SET attempts = attempts + 1, due_at = now() + make_interval(secs => $2) WHERE id = $1`,
      [id, seconds],
    );
  }

  async delete(id: DeferredRequestId): Promise<void> {
    await this.#database.query('DELETE FROM deferred_requests WHERE id = $1', [id]);
  }
}
