import type pg from 'pg';
import { type DataSource, QueryFailedError } from 'typeorm';
import type { Logger } from '../../core/ports.ts';
import { statements } from './statement-log.ts';

/**
 * A connection of TypeORM's pool, for a statement or a transaction. TypeORM's own query runner costs a third of a short
 * statement.
 */
export class Connection {
  readonly #client: pg.PoolClient;
  readonly #logger: Logger;
  /** Why it must not be used again. */
  #broken: Error | null = null;
  readonly #onError = (error: Error) => {
    this.#broken = error;
  };

  private constructor(client: pg.PoolClient, logger: Logger) {
    this.#client = client;
    this.#logger = logger;
    // While it is not in use, the pool listens.
    client.on('error', this.#onError);
  }

  static async open(dataSource: DataSource, logger: Logger): Promise<Connection> {
    const { master } = dataSource.driver as unknown as { master: pg.Pool };
    return new Connection(await master.connect(), logger);
  }

  /** @throws {QueryFailedError} without the parameters, which may be secrets. */
  async query<Row extends object>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    if (statements.hasSubscribers) statements.publish(sql);
    try {
      return (await this.#client.query<Row>(sql, [...parameters])).rows;
    } catch (error) {
      const failure = error as Error;
      // An error of the server has a severity, and leaves the connection as it was.
      if (!('severity' in failure)) this.#broken ??= failure;
      this.#logger.debug({ statement: sql, reason: failure.message }, 'a statement failed');
      throw new QueryFailedError(sql, undefined, failure);
    }
  }

  /** Returns it to the pool, or closes it if it is broken. */
  release(): void {
    this.#client.off('error', this.#onError);
    this.#client.release(this.#broken ?? undefined);
  }
}
