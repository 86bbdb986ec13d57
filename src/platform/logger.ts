import { pino } from 'pino';
import type { Logger } from '../core/ports.ts';

/** JSON lines on standard output. Values are escaped, so no input can forge a line. */
export function createLogger(level: string): Logger {
  return pino({
    level,
    base: { service: 'latchkey' },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  });
}
