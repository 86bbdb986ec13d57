import type { Logger } from '../../src/core/ports.ts';

export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** Keeps what is logged, as the lines would read, for tests about what is (and what must not be) in the log. */
export class RecordingLogger implements Logger {
  readonly lines: string[] = [];

  debug = this.#writer('debug');
  info = this.#writer('info');
  warn = this.#writer('warn');
  error = this.#writer('error');

  #writer(level: string) {
    return (fields: object, message: string): void => {
      const { err, ...rest } = fields as { err?: unknown };
      const cause = err instanceof Error ? `${err.stack} ${JSON.stringify(err)}` : '';
      this.lines.push(`${level} ${message} ${JSON.stringify(rest)} ${cause}`);
    };
  }
}
