import type pg from 'pg';
import { type DataSource, QueryFailedError } from 'typeorm';
import type { Logger } from '../../core/ports.ts';
import type { DatabaseClient } from './client.ts';
import { DatabaseUnavailableError, endsConnection, isUnanswered, rejectsWrites } from './failures.ts';
import { statements } from './statement-log.ts';

type PooledClient = pg.PoolClient & Pick<DatabaseClient, 'isUnreplicated' | 'forgetServer'>;

/** Statements that change data; rows locked FOR UPDATE stay as they are. */
const WRITES = /\b(INSERT|DELETE|MERGE|(?<!FOR |NO KEY )UPDATE)\b/i;

/**
 * A connection of TypeORM's pool, for a statement or a transaction. TypeORM's own query runner costs a third of a short
 * statement.
 */
export class Connection {
  readonly #client: PooledClient;
  readonly #logger: Logger;
  /** Why it must not be used again. */
  #broken: Error | null = null;
  readonly #sent: string[] = [];
  readonly #onError = (error: Error) => {
    this.#broken = error;
  };

  private constructor(client: PooledClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
    // While it is not in use, the pool listens.
    client.on('error', this.#onError);
  }

  static async open(dataSource: DataSource, logger: Logger): Promise<Connection> {
    const { master } = dataSource.driver as unknown as { master: pg.Pool };
    return new Connection((await master.connect()) as PooledClient, logger);
  }

  /** @throws {QueryFailedError} without the parameters, which may be secrets. */
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (statements.hasSubscribers) statements.publish(sql);
    this.#sent.push(sql);
    try {
      return (await this.#client.query<Row>(sql, [...parameters])).rows;
    } catch (error) {
      const failure = error as Error;
      // Where a server has become a standby, a new connection may lead to the new primary.
      if (rejectsWrites(failure)) this.#client.forgetServer();
      if (endsConnection(failure) || rejectsWrites(failure)) this.#broken ??= failure;
      this.#logger.debug({ statement: sql, reason: failure.message }, 'a statement failed');
      throw new QueryFailedError(sql, undefined, failure);
    }
  }

  /**
   * As `query`, for COMMIT and for a statement that is a transaction of its own.
   *
   * @throws {DatabaseUnavailableError} of unknown outcome, if something was written and the server has not said what became of it.
   */
  async commit<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      const rows = await this.query<Row>(sql, parameters);
      if (!this.#client.isUnreplicated) return rows;
    } catch (error) {
      if (!isUnanswered(error) || !this.#sent.some((each) => WRITES.test(each))) throw error;
      throw new DatabaseUnavailableError(error, 'UNKNOWN');
    }
    // Once is enough: the connection says so for as long as it lives.
    this.#broken = new Error('the wait for a synchronous standby was cancelled');
    throw new DatabaseUnavailableError(this.#broken, 'UNKNOWN');
  }

  /** Returns it to the pool, or closes it if it is broken. */
  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.#broken ?? undefined);
  }
}
