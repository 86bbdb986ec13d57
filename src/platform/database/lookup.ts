import type { Database } from './database.ts';

/** Maximum ids per statement. */
const MAX_IDS = 1_000;

/** Sends the statement, whose parameter is `ids()`: to be called once a connection is free. */
type Read<Id, Row> = (ids: () => readonly Id[]) => Promise<Row[]>;

interface Batch<Id, Row> {
  readonly ids: Set<Id>;
  readonly rows: Promise<ReadonlyMap<Id, Row>>;
}

/**
 * Reads rows by id: for all requests of one turn of the event loop, and for those that come while none of the pool's
 * connections is free, in one statement. Nothing is cached: the statement is sent after each call that it serves. If it
 * fails, they all fail.
 */
export class Lookup<Id, Row extends { readonly id: Id }> {
  readonly #database: Pick<Database, 'inTransaction'>;
  readonly #read: Read<Id, Row>;
  #next: Batch<Id, Row> | null = null;

  constructor(database: Pick<Database, 'inTransaction'>, read: Read<Id, Row>) {
    this.#database = database;
    this.#read = read;
  }

  /** The rows that exist, in the order of `ids`. In a transaction the read is that transaction's own. */
  async findMany(ids: readonly Id[]): Promise<Row[]> {
    if (ids.length === 0) return [];
    if (this.#database.inTransaction) return this.#read(() => ids);
    const batch = this.#batchWithRoomFor(ids.length);
    for (const id of ids) batch.ids.add(id);
    const rows = await batch.rows;
    return ids.flatMap((id) => rows.get(id) ?? []);
  }

  #batchWithRoomFor(count: number): Batch<Id, Row> {
    const next = this.#next;
    if (next !== null && next.ids.size + count <= MAX_IDS) return next;
    const ids = new Set<Id>();
    this.#next = { ids, rows: new Promise(setImmediate).then(() => this.#send(ids)) };
    return this.#next;
  }

  async #send(ids: ReadonlySet<Id>): Promise<ReadonlyMap<Id, Row>> {
    const close = () => {
      // Later calls open a batch of their own.
      if (this.#next?.ids === ids) this.#next = null;
      return [...ids];
    };
    const rows = await this.#read(close).finally(close);
    return new Map(rows.map((row) => [row.id, row]));
  }
}
