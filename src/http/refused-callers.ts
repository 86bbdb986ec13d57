import { OncePerMinute } from '../core/once-per-minute.ts';
import type { Logger } from '../core/ports.ts';

/**
 * Logs callers refused because of a setting, to reveal a wrong setting. Anyone can cause these lines, so each kind is
 * logged at most once a minute, with the count and the latest caller's origin.
 */
export class RefusedCallers {
  readonly #logger: Logger;
  readonly #preflights = new OncePerMinute();
  readonly #webSockets = new OncePerMinute();
  readonly #notRouter = new OncePerMinute();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  preflight(origin: string): void {
    const fields = { origin: printable(origin) };
    this.#log(this.#preflights, fields, 'refused a preflight: CORS_ORIGIN does not allow its origin');
  }

  webSocket(origin: string): void {
    const fields = { origin: printable(origin) };
    this.#log(this.#webSockets, fields, 'refused a WebSocket: CORS_ORIGIN does not allow its origin');
  }

  /** Does not log the header's value: it may be the secret of another environment, or ours with a typo. */
  notRouter(header: 'missing' | 'wrong'): void {
    this.#log(this.#notRouter, { header }, 'refused a request: its x-router-secret is not ROUTER_SECRET');
  }

  #log(report: OncePerMinute, fields: object, message: string): void {
    report.run((count) => this.#logger.warn({ ...fields, count }, message));
  }
}

const MAX_LENGTH = 100;

/** Truncates, and replaces control characters, which terminals interpret. */
function printable(text: string): string {
  return text.slice(0, MAX_LENGTH).replace(/[^\x20-\x7e]/g, '?');
}
