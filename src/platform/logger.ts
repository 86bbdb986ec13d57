import { pino } from 'pino';
import type { Logger } from '../core/ports.ts';

/** JSON lines on standard output. Values are escaped, so no input can forge a line. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: { service: 'latchkey' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { err: describeError },
  });
}

/**
 * What may be told of an error. Libraries hang more on it than its message: ioredis the command that failed, with the
 * password that it was sent with.
 */
function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { name, message, stack, cause } = error;
  const { code } = error as { code?: unknown };
  return { name, message, code, stack, ...(cause !== undefined && { cause: describeError(cause) }) };
}
