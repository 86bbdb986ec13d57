import { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';
import type { AllowedOrigins } from './allowed-origins.ts';

/**
 * Logs callers refused because of a setting, to reveal a wrong setting. Anyone can cause these lines, so each kind is
 * logged at most once a minute, with the count and the latest caller's origin.
 */
export class RefusedCallers {
  readonly #logger: Logger;
  /** By message. */
  readonly #reports = new Map<string, OncePerMinute>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  preflight(origin: string, { setting }: AllowedOrigins): void {
    const fields = { origin: printable(origin) };
    this.#log(fields, `refused a preflight: ${setting} does not allow its origin`);
  }

  stream(origin: string, { setting }: AllowedOrigins): void {
    const fields = { origin: printable(origin) };
    this.#log(fields, `refused a stream: ${setting} does not allow its origin`);
  }

  /** Does not log the header's value: it may be the secret of another environment, or ours with a typo. */
  notRouter(header: 'missing' | 'wrong'): void {
    this.#log({ header }, 'refused a request: its x-router-secret is not ROUTER_SECRET');
  }

  #log(fields: object, message: string): void {
    const report = this.#reports.get(message) ?? new OncePerMinute();
    this.#reports.set(message, report);
    report.run((count) => this.#logger.warn({ ...fields, count }, message));
  }
}

const MAX_LENGTH = 100;

/** Truncates, and replaces control characters, which terminals interpret. */
function printable(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(/[^\x20-\x7e]/g, '?');
}
