import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource } from 'typeorm';
import type { Logger, UnitOfWork } from '../../core/ports.ts';
import { Connection } from './connection.ts';
import { DatabaseUnavailableError, isRetryable, translateFailure } from './failures.ts';
import type { Outage } from './outage.ts';
import type { Columns } from './rows.ts';

const MAX_ATTEMPTS = 3;

type Write = (items: readonly never[]) => Promise<void>;

/** A transaction in progress, with its after-commit hooks. */
interface Unit {
  readonly connection: Connection;
  /** What is written before the commit, by what writes it. */
  readonly pending: Map<Write, unknown[]>;
  readonly hooks: (() => void | Promise<void>)[];
  /** What to do if the COMMIT is not answered. */
  readonly ifUncertain: Set<() => void>;
  open: boolean;
  failed: boolean;
}

/** The ambient unit of work: stores get the connection of the current transaction, if there is one. */
export class Database implements UnitOfWork {
  readonly #dataSource: DataSource;
  readonly #outage: Outage;
  readonly #logger: Logger;
  readonly #ambient = new AsyncLocalStorage<Unit>();

  constructor(dataSource: DataSource, outage: Outage, logger: Logger) {
    this.#dataSource = dataSource;
    this.#outage = outage;
    this.#logger = logger;
  }

  /**
   * Runs a statement in the current transaction, or in one of its own if there is none. Returns its rows. A function of
   * parameters is called once a connection is free.
   */
  async query<Row extends object>(
    sql: string,
    parameters: readonly unknown[] | (() => readonly unknown[]) = [],
  ): Promise<Row[]> {
    const given = () => (typeof parameters === 'function' ? parameters() : parameters);
    const unit = this.#current();
    if (unit === undefined) return this.#alone(sql, given);
    try {
      return await unit.connection.query<Row>(sql, given());
    } catch (error) {
      // After an error Postgres turns COMMIT into a silent rollback: a unit that swallows the error must not succeed.
      unit.failed = true;
      throw translateFailure(error);
    }
  }

  /** As `query`, but must be called within a transaction; otherwise throws, as a programming error. */
  async requireTransaction<Row extends object>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    if (!this.inTransaction) throw new Error('this must run within a unit of work');
    return this.query<Row>(sql, parameters);
  }

  /** The columns of an entity, as TypeORM knows them. */
  columnsOf(entity: string): Columns {
    return this.#dataSource
      .getMetadata(entity)
      .columns.map(({ propertyName, databaseName }) => [propertyName, databaseName] as const);
  }

  /** Whether the caller runs in a transaction. */
  get inTransaction(): boolean {
    return this.#current() !== undefined;
  }

  /** Whether the database can serve requests. */
  async ping(): Promise<boolean> {
    try {
      await this.query('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    const joined = this.#current();
    if (joined !== undefined) return this.#join(joined, work);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#attempt(work);
      } catch (error) {
        if (!isRetryable(error) || attempt === MAX_ATTEMPTS) throw this.#failure(error);
        // Jitter, so that the colliding transactions do not collide again.
        await delay(Math.random() * 20 * attempt);
      }
    }
  }

  async requireAvailable(): Promise<void> {
    try {
      (await this.#connect()).release();
    } catch (error) {
      throw this.#failure(error);
    }
  }

  runExclusively<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    return this.run(async () => {
      const lock = 'SELECT pg_try_advisory_xact_lock(hashtext($1)) AS granted';
      const [answer] = await this.query<{ granted: boolean }>(lock, [`latchkey ${name}`]);
      return answer?.granted ? work() : null;
    });
  }

  /**
   * Collects items until the current transaction is about to commit: `write` then gets all that were collected for it, and
   * writes them by one statement. Must be called within a transaction.
   */
  beforeCommit<Item>(write: (items: readonly Item[]) => Promise<void>, items: readonly Item[]): void {
    const unit = this.#current();
    if (unit === undefined) throw new Error('this must run within a unit of work');
    const collected = unit.pending.get(write);
    if (collected === undefined) unit.pending.set(write, [...items]);
    else collected.push(...items);
  }

  afterCommit(hook: () => void | Promise<void>): void {
    const unit = this.#current();
    if (unit === undefined) void this.#runHook(hook);
    else unit.hooks.push(hook);
  }

  /** Runs `hook` where it is not known whether the current transaction has committed: its COMMIT was not answered. */
  ifUncertain(hook: () => void): void {
    this.#current()?.ifUncertain.add(hook);
  }

  async #alone<Row extends object>(sql: string, parameters: () => readonly unknown[]): Promise<Row[]> {
    try {
      const connection = await this.#connect();
      try {
        return await connection.commit<Row>(sql, parameters());
      } finally {
        connection.release();
      }
    } catch (error) {
      throw this.#failure(error);
    }
  }

  async #connect(): Promise<Connection> {
    this.#outage.check();
    const connecting = Connection.open(this.#dataSource, this.#logger);
    try {
      return await this.#outage.wait(connecting);
    } catch (error) {
      // The caller has already failed: release the connection if it is established later.
      connecting.then((connection) => connection.release()).catch(() => undefined);
      // Whatever the reason, a password that was changed too: it is told once a minute, not once per request.
      throw error instanceof DatabaseUnavailableError ? error : new DatabaseUnavailableError(error);
    }
  }

  /** Translates and reports the failure of a whole operation: a single query or a unit of work. */
  #failure(error: unknown): unknown {
    const failure = translateFailure(error);
    this.#outage.note(failure);
    return failure;
  }

  #current(): Unit | undefined {
    const unit = this.#ambient.getStore();
    if (unit !== undefined && !unit.open) {
      // Started in a transaction and not awaited: the connection may serve another request by now.
      throw new Error('this work has outlived its unit of work');
    }
    return unit;
  }

  async #join<T>(unit: Unit, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      // A caller that swallows this error must not commit the incomplete work.
      unit.failed = true;
      throw error;
    }
  }

  async #attempt<T>(work: () => Promise<T>): Promise<T> {
    const connection = await this.#connect();
    const unit: Unit = {
      connection,
      pending: new Map(),
      hooks: [],
      ifUncertain: new Set(),
      open: true,
      failed: false,
    };
    let result: T;
    try {
      await connection.query('BEGIN');
      try {
        result = await this.#ambient.run(unit, async () => {
          const value = await work();
          if (!unit.failed) for (const [write, items] of unit.pending) await write(items as never[]);
          return value;
        });
        if (unit.failed) throw new Error('a part of this unit of work failed and its error was swallowed');
        await this.#commit(unit);
      } catch (error) {
        await rollBack(connection);
        // Stores translate errors; the driver's error decides about a retry.
        throw error instanceof Error && isRetryable(error.cause) ? error.cause : error;
      } finally {
        unit.open = false;
      }
    } finally {
      connection.release();
    }
    for (const hook of unit.hooks) await this.#runHook(hook);
    return result;
  }

  async #commit({ connection, ifUncertain }: Unit): Promise<void> {
    try {
      await connection.commit('COMMIT');
    } catch (error) {
      for (const hook of ifUncertain) await this.#runHook(hook);
      throw error;
    }
  }

  async #runHook(hook: () => void | Promise<void>): Promise<void> {
    try {
      await hook();
    } catch (error) {
      this.#logger.error({ err: error }, 'an after-commit hook failed');
    }
  }
}

/** A lost connection has rolled back by itself; the first error is the one to report. */
async function rollBack(connection: Connection): Promise<void> {
  await connection.query('ROLLBACK').catch(() => undefined);
}
