import { channel } from 'node:diagnostics_channel';
import type { Logger as TypeOrmLogger } from 'typeorm';
import type { Logger } from '../../core/ports.ts';

/** Publishes the text of each statement, for tests and benchmarks that count statements. Free without a subscriber. */
export const statements = channel('latchkey:sql');

/** Logs statements without parameters. TypeORM's own logger prints those of failed statements (addresses, hashes). */
export class StatementLog implements TypeOrmLogger {
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  logQuery(statement: string): void {
    if (statements.hasSubscribers) statements.publish(statement);
  }

  logQueryError(error: string | Error, statement: string): void {
    this.#logger.debug(
      { statement, reason: error instanceof Error ? error.message : error },
      'a statement failed',
    );
  }

  logQuerySlow(milliseconds: number, statement: string): void {
    this.#logger.warn({ milliseconds, statement }, 'a statement was slow');
  }

  logSchemaBuild(): void {}

  logMigration(message: string): void {
    this.#logger.info({}, message);
  }

  log(level: 'log' | 'info' | 'warn', message: string): void {
    this.#logger[level === 'warn' ? 'warn' : 'debug']({}, message);
  }
}
