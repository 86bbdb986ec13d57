import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import type { Logger, UnitOfWork } from '../../core/ports.ts';
import { isRetryable, translateFailure } from './failures.ts';
import type { Outage } from './outage.ts';

const MAX_ATTEMPTS = 3;

/** A transaction in progress, with its after-commit hooks. */
interface Unit {
  readonly runner: QueryRunner;
  readonly hooks: (() => void | Promise<void>)[];
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

  /** Runs queries in the current transaction, or each in its own if there is none. */
  async query<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const unit = this.#current();
    try {
      return await (unit === undefined ? this.#alone(work) : work(unit.runner.manager));
    } catch (error) {
      // After an error Postgres turns COMMIT into a silent rollback: a unit that swallows the error must not succeed.
      if (unit === undefined) throw this.#failure(error);
      unit.failed = true;
      throw translateFailure(error);
    }
  }

  /** As `query`, but must be called within a transaction; otherwise throws, as a programming error. */
  async requireTransaction<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    if (!this.inTransaction) throw new Error('this must run within a unit of work');
    return this.query(work);
  }

  /** Whether the caller runs in a transaction. */
  get inTransaction(): boolean {
    return this.#current() !== undefined;
  }

  /** Whether the database can serve requests. */
  async ping(): Promise<boolean> {
    try {
      await this.query((manager) => manager.query('SELECT 1'));
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

  runExclusively<T>(name: string, work: () => Promise<T>): Promise<T | null> {
    return this.run(async () => {
      const lock = 'SELECT pg_try_advisory_xact_lock(hashtext($1)) AS granted';
      const [{ granted }] = await this.query((manager) => manager.query(lock, [`latchkey ${name}`]));
      return granted ? work() : null;
    });
  }

  afterCommit(hook: () => void | Promise<void>): void {
    const unit = this.#current();
    if (unit === undefined) void this.#runHook(hook);
    else unit.hooks.push(hook);
  }

  async #alone<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = await this.#connect();
    try {
      return await work(runner.manager);
    } finally {
      await runner.release().catch(() => undefined);
    }
  }

  async #connect(): Promise<QueryRunner> {
    this.#outage.check();
    const runner = this.#dataSource.createQueryRunner();
    const connecting = runner.connect();
    try {
      await this.#outage.wait(connecting);
      return runner;
    } catch (error) {
      // The caller has already failed: release the connection if it is established later.
      connecting.then(() => runner.release()).catch(() => undefined);
      throw error;
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
    const unit: Unit = { runner: await this.#connect(), hooks: [], open: true, failed: false };
    let result: T;
    try {
      await unit.runner.startTransaction();
      try {
        result = await this.#ambient.run(unit, work);
        if (unit.failed) throw new Error('a part of this unit of work failed and its error was swallowed');
        await unit.runner.commitTransaction();
      } catch (error) {
        // A lost connection has rolled back by itself; report the first error.
        await unit.runner.rollbackTransaction().catch(() => undefined);
        // Stores translate errors; the driver's error decides about a retry.
        throw error instanceof Error && isRetryable(error.cause) ? error.cause : error;
      } finally {
        unit.open = false;
      }
    } finally {
      await unit.runner.release().catch(() => undefined);
    }
    for (const hook of unit.hooks) await this.#runHook(hook);
    return result;
  }

  async #runHook(hook: () => void | Promise<void>): Promise<void> {
    try {
      await hook();
    } catch (error) {
      this.#logger.error({ err: error }, 'an after-commit hook failed');
    }
  }
}
