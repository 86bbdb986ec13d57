import type { WriteStream } from 'node:tty';
import { pino } from 'pino';
import type { Logger } from '../core/ports.ts';
import { readableLine } from './readable-line.ts';

interface ProcessLogger extends Logger {
  /** For errors that end the process. */
  fatal(fields: object, message: string): void;
}

/**
 * Logs readable lines to a terminal, and JSON lines to any other standard output. Values are escaped in both, so that
 * no input can forge a line.
 */
export function createLogger(
  level: string,
  terminal: Pick<WriteStream, 'write'> | null = process.stdout.isTTY ? process.stdout : null,
): ProcessLogger {
  return pino(
    {
      level,
      base: { service: 'latchkey' },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describeError },
    },
    terminal === null ? pino.destination(1) : { write: (line) => terminal.write(readableLine(line)) },
  );
}

/**
 * The properties of an error that may be logged. Libraries attach others: ioredis the failed command, password
 * included.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}
