import type { EntitySchema } from 'typeorm';
import type { PageRequest } from '../../core/page.ts';
import type { Database } from './database.ts';
import { Lookup } from './lookup.ts';
import { type Columns, listOf } from './rows.ts';

/** The database's time when a row was read, by which callers judge expiry. */
export interface ReadAt {
  readonly readAt: Date;
}

interface PageOptions {
  /** An SQL condition on the rows. */
  readonly where: string;
  /** The column by which they are ordered, newest first, and then by id. */
  readonly orderBy: string;
}

/**
 * The rows of one table. Statements are written out where their form matters (locks, conditional updates, the database's
 * clock); they select or return `columns`.
 */
export class Table<Entity extends { readonly id: string }, Row extends { readonly id: Entity['id'] }> {
  /** For SELECT and RETURNING: all columns, and the time. */
  readonly columns: string;
  /** The row of what a statement selected or returned by `columns`. */
  readonly rowOf: (entity: Entity & ReadAt) => Row;
  readonly #database: Database;
  readonly #name: string;
  readonly #columns: Columns;
  readonly #byId: Lookup<Row['id'], Row>;

  constructor(
    database: Database,
    { options }: EntitySchema<Entity>,
    toRow: (entity: Entity & ReadAt) => Row,
  ) {
    this.#database = database;
    this.#name = options.tableName ?? options.name;
    this.#columns = Object.entries(options.columns).map(
      ([property, column]) => [property, column?.name ?? property] as const,
    );
    this.columns = `${listOf(this.#columns)}, now() AS "readAt"`;
    this.rowOf = toRow;
    const sql = `SELECT ${this.columns} FROM ${this.#name} WHERE id = ANY($1)`;
    this.#byId = new Lookup(database, (ids) => this.#read(sql, () => [ids()]));
  }

  async find(id: Row['id']): Promise<Row | null> {
    return (await this.findMany([id]))[0] ?? null;
  }

  /** The rows that exist of these, read together with those of other requests. */
  findMany(ids: readonly Row['id'][]): Promise<Row[]> {
    return this.#byId.findMany(ids);
  }

  /** Reads rows by id: the id and these columns. */
  lookupOf<Property extends keyof Entity & string>(
    properties: readonly Property[],
  ): Lookup<Row['id'], Pick<Entity, 'id' | Property>> {
    const read: ReadonlySet<string> = new Set(['id', ...properties]);
    const columns = this.#columns.filter(([property]) => read.has(property));
    const sql = `SELECT ${listOf(columns)} FROM ${this.#name} WHERE id = ANY($1)`;
    return new Lookup(this.#database, (ids) => this.#database.query(sql, () => [ids()]));
  }

  async row(sql: string, parameters: readonly unknown[]): Promise<Row | null> {
    return (await this.rows(sql, parameters))[0] ?? null;
  }

  rows(sql: string, parameters: readonly unknown[]): Promise<Row[]> {
    return this.#read(sql, parameters);
  }

  /** How many rows meet an SQL condition. */
  async count(where: string, parameters: readonly unknown[]): Promise<number> {
    const sql = `SELECT count(*)::int AS count FROM ${this.#name} WHERE ${where}`;
    const [row] = await this.#database.query<{ count: number }>(sql, parameters);
    return row?.count ?? 0;
  }

  /** A page of the rows of each of these users, plus one if there are more. */
  pagesOf(
    userIds: readonly string[],
    { where, orderBy }: PageOptions,
    { first, after }: PageRequest,
  ): Promise<Row[]> {
    return this.rows(
      `SELECT ${this.columns} FROM unnest($1::uuid[]) AS owner (owner_id), LATERAL (
         SELECT * FROM ${this.#name}
         WHERE user_id = owner_id AND ${where}
           AND ($2::timestamptz IS NULL OR (${orderBy}, id) < ($2, $3::uuid))
         ORDER BY ${orderBy} DESC, id DESC LIMIT $4
       ) AS page`,
      [userIds, after?.at ?? null, after?.id ?? null, first + 1],
    );
  }

  async #read(sql: string, parameters: readonly unknown[] | (() => readonly unknown[])): Promise<Row[]> {
    return (await this.#database.query<Entity & ReadAt>(sql, parameters)).map(this.rowOf);
  }
}
