import type { EntityManager, EntitySchema } from 'typeorm';
import type { PageRequest } from '../../core/page.ts';
import type { Database } from './database.ts';
import { Lookup } from './lookup.ts';
import { mappedRows } from './rows.ts';

/** What statements return of a row: the database's time beside its columns, by which callers judge expiry. */
export const ROW = '*, now() AS read_at';

export interface ReadAt {
  readonly readAt: Date;
}

interface PageOptions {
  /** An SQL condition on the rows. */
  readonly where: string;
  /** The column by which they are ordered, newest first, and then by id. */
  readonly orderBy: string;
}

/** The rows of one table. Statements select or return `ROW`. */
export class Table<Entity extends { readonly id: string }, Row extends { readonly id: Entity['id'] }> {
  readonly #database: Database;
  readonly #entity: EntitySchema<Entity>;
  readonly #toRow: (entity: Entity & ReadAt) => Row;
  readonly #byId: Lookup<Row['id'], Row>;

  constructor(database: Database, entity: EntitySchema<Entity>, toRow: (entity: Entity & ReadAt) => Row) {
    this.#database = database;
    this.#entity = entity;
    this.#toRow = toRow;
    const sql = `SELECT ${ROW} FROM ${this.#name} WHERE id = ANY($1)`;
    this.#byId = new Lookup(database, async (manager, ids) =>
      (await this.#select(manager, sql, [ids], () => null)).map(([row]) => row),
    );
  }

  async find(id: Row['id']): Promise<Row | null> {
    return (await this.findMany([id]))[0] ?? null;
  }

  /** The rows that exist of these, read together with those of other requests. */
  findMany(ids: readonly Row['id'][]): Promise<Row[]> {
    return this.#byId.findMany(ids);
  }

  async row(sql: string, parameters: readonly unknown[]): Promise<Row | null> {
    return (await this.rows(sql, parameters))[0] ?? null;
  }

  async rows(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return (await this.rowsWith(sql, parameters, () => null)).map(([row]) => row);
  }

  /** Rows, and what `beside` reads of further columns of each. */
  rowsWith<Raw extends object, Beside>(
    sql: string,
    parameters: readonly unknown[],
    beside: (raw: Raw) => Beside,
  ): Promise<(readonly [Row, Beside])[]> {
    return this.#database.query((manager) => this.#select(manager, sql, parameters, beside));
  }

  /** A page of the rows of each of these users, plus one if there are more. */
  pagesOf(
    userIds: readonly string[],
    { where, orderBy }: PageOptions,
    { first, after }: PageRequest,
  ): Promise<Row[]> {
    return this.rows(
      `SELECT page.*, now() AS read_at FROM unnest($1::uuid[]) AS owner (id), LATERAL (
         SELECT * FROM ${this.#name}
         WHERE user_id = owner.id AND ${where}
           AND ($2::timestamptz IS NULL OR (${orderBy}, id) < ($2, $3::uuid))
         ORDER BY ${orderBy} DESC, id DESC LIMIT $4
       ) AS page`,
      [userIds, after?.at ?? null, after?.id ?? null, first + 1],
    );
  }

  get #name(): string {
    return this.#entity.options.tableName ?? this.#entity.options.name;
  }

  async #select<Raw extends object, Beside>(
    manager: EntityManager,
    sql: string,
    parameters: readonly unknown[],
    beside: (raw: Raw) => Beside,
  ): Promise<(readonly [Row, Beside])[]> {
    const rows = await mappedRows(
      manager,
      this.#entity,
      sql,
      parameters,
      (raw: Raw & { read_at: Date }) => [raw.read_at, beside(raw)] as const,
    );
    return rows.map(
      ([entity, [readAt, extra]]) => [this.#toRow(Object.assign(entity, { readAt })), extra] as const,
    );
  }
}
