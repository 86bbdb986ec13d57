import { EntitySchema } from 'typeorm';
import type { UserId } from '../../core/ids.ts';
import type { Database } from '../../platform/database/database.ts';
import type { Person, PersonalRows } from '../../platform/database/personal-rows.ts';
import {
  type BegunAttempt,
  type LockedUntil,
  type LockoutRules,
  type LockoutStore,
  MEMORY_SECONDS,
} from './lockout.store.ts';

interface LockoutRow {
  readonly digest: string;
  readonly failures: number;
  readonly locks: number;
  readonly lockedUntil: Date | null;
  readonly attemptedAt: Date;
  readonly userId: UserId | null;
}

export const LockoutEntity = new EntitySchema<LockoutRow>({
  name: 'Lockout',
  tableName: 'lockouts',
  columns: {
    digest: { type: 'text', primary: true, primaryKeyConstraintName: 'lockouts_pkey' },
    failures: { type: 'integer' },
    locks: { type: 'integer' },
    lockedUntil: { name: 'locked_until', type: 'timestamptz', precision: 3, nullable: true },
    attemptedAt: { name: 'attempted_at', type: 'timestamptz', precision: 3 },
    userId: { name: 'user_id', type: 'uuid', nullable: true },
  },
  indices: [
    { name: 'lockouts_attempted_idx', columns: ['attemptedAt'] },
    { name: 'lockouts_user_idx', columns: ['userId', 'lockedUntil'], where: 'user_id IS NOT NULL' },
  ],
});

/** `keysOf` gives the keys of all rows that count attempts on a person's account. */
export const personalLockouts = (keysOf: (person: Person) => readonly string[]): PersonalRows => ({
  entity: LockoutEntity,
  where: 'digest = ANY($1)',
  parametersOf: (person) => [keysOf(person)],
  withheld: ['digest'],
});

const isForgotten = `greatest(lockouts.attempted_at, lockouts.locked_until) < now() - interval '${MEMORY_SECONDS} s'`;

/** Lockouts in Postgres: neither a restart nor the loss of Redis unlocks. Its clock decides. */
export class TypeOrmLockoutStore implements LockoutStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async begin(
    digest: string,
    userId: UserId | null,
    { failures, lockSeconds }: LockoutRules,
  ): Promise<BegunAttempt | LockedUntil> {
    // A lock that has ended starts a new count. The row lock of the update puts attempts of all instances in order.
    const [begun] = await this.#database.query<{ failures: number }>(
      `INSERT INTO lockouts (digest, failures, locks, locked_until, attempted_at, user_id)
         VALUES ($1, 1, ($2 = 1)::int, CASE WHEN $2 = 1 THEN now() + make_interval(secs => $3) END, now(), $4)
       ON CONFLICT (digest) DO UPDATE SET (failures, locks, locked_until, attempted_at, user_id) = (
         SELECT count, locks + (count >= $2)::int,
           CASE WHEN count >= $2 THEN now() + make_interval(secs => least($3 * power(2, locks), ${MEMORY_SECONDS})) END,
           now(), $4
         FROM (SELECT
           CASE WHEN lockouts.locked_until IS NULL AND NOT (${isForgotten}) THEN lockouts.failures + 1 ELSE 1 END AS count,
           CASE WHEN ${isForgotten} THEN 0 ELSE lockouts.locks END AS locks) AS next)
       WHERE lockouts.locked_until IS NULL OR lockouts.locked_until <= now()
       RETURNING failures`,
      [digest, failures, lockSeconds, userId],
    );
    if (begun !== undefined) return { kind: 'begun', ...begun };
    const [locked] = await this.#database.query<{ until: Date; secondsLeft: number }>(
      `SELECT locked_until AS until, ceil(extract(epoch FROM locked_until - now()))::int AS "secondsLeft"
       FROM lockouts WHERE digest = $1 AND locked_until > now()`,
      [digest],
    );
    // It has ended in between.
    if (locked === undefined) return this.begin(digest, userId, { failures, lockSeconds });
    return { kind: 'locked', ...locked };
  }

  async withdraw(digest: string): Promise<void> {
    await this.#database.query(
      `UPDATE lockouts SET failures = failures - 1, locks = locks - (locked_until IS NOT NULL)::int, locked_until = NULL
       WHERE digest = $1 AND failures > 0`,
      [digest],
    );
    // A flood that finds the queue full leaves no rows.
    await this.#database.query('DELETE FROM lockouts WHERE digest = $1 AND failures = 0 AND locks = 0', [
      digest,
    ]);
  }

  async clear(digests: readonly string[]): Promise<boolean> {
    const sql = 'DELETE FROM lockouts WHERE digest = ANY($1) RETURNING digest';
    return (await this.#database.query(sql, [digests])).length > 0;
  }

  async locksOf(digests: readonly string[]): Promise<ReadonlyMap<string, Date>> {
    const locks = await this.#database.query<{ digest: string; until: Date }>(
      'SELECT digest, locked_until AS until FROM lockouts WHERE digest = ANY($1) AND locked_until > now()',
      [digests],
    );
    return new Map(locks.map(({ digest, until }) => [digest, until]));
  }

  async assign(digestsOf: ReadonlyMap<UserId, readonly string[]>): Promise<void> {
    const pairs = [...digestsOf].flatMap(([id, digests]) => digests.map((digest) => [digest, id] as const));
    await this.#database.requireTransaction(
      `UPDATE lockouts SET user_id = owner.id
       FROM (SELECT digest, given.id FROM lockouts LEFT JOIN unnest($1::text[], $2::uuid[]) AS given (digest, id) USING (digest)
         WHERE digest = ANY($1) OR user_id = ANY($3::uuid[])) AS owner
       WHERE lockouts.digest = owner.digest AND user_id IS DISTINCT FROM owner.id`,
      [pairs.map(([digest]) => digest), pairs.map(([, id]) => id), [...digestsOf.keys()]],
    );
  }

  async lockedUserIds(): Promise<UserId[]> {
    const rows = await this.#database.query<{ id: UserId }>(
      'SELECT DISTINCT user_id AS id FROM lockouts WHERE user_id IS NOT NULL AND locked_until > now()',
    );
    return rows.map(({ id }) => id);
  }

  async purge(limit: number): Promise<number> {
    const purged = await this.#database.query(
      `DELETE FROM lockouts WHERE digest IN (
         SELECT digest FROM lockouts WHERE attempted_at < now() - interval '${MEMORY_SECONDS} s' AND ${isForgotten}
         LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING digest`,
      [limit],
    );
    return purged.length;
  }
}
