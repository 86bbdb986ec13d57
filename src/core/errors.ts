import { withoutStack } from './without-stack.ts';

/** Public codes of thrown errors, in `extensions.code`. Part of the API. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'SINCE_TOO_OLD'
  | 'SERVICE_UNAVAILABLE';

/**
 * An error whose code and message are sent to the client. Any other error is unexpected: it is logged and masked.
 */
export class PublicError extends Error {
  readonly code: ErrorCode;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterSeconds?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'PublicError';
    this.code = code;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

const refusal = (code: ErrorCode, message: string) => withoutStack(() => new PublicError(code, message));

export const unauthenticated = (message = 'Sign in to do this.') => refusal('UNAUTHENTICATED', message);
export const forbidden = (message = 'You may not do this.') => refusal('FORBIDDEN', message);
export const badUserInput = (message: string) => refusal('BAD_USER_INPUT', message);

/** A dependency is unavailable or did not respond in time. The operation has no partial effect. */
export class UnavailableError extends PublicError {
  /** `UNKNOWN`: the operation took effect as a whole, or not at all. Otherwise it had no effect, and may be retried. */
  readonly outcome: 'UNKNOWN' | undefined;

  constructor(cause: unknown, outcome?: 'UNKNOWN') {
    super(
      'SERVICE_UNAVAILABLE',
      outcome === undefined
        ? 'The service is temporarily unavailable. Try again shortly.'
        : 'The service did not answer in time. Whether this took effect is not known.',
      { cause, retryAfterSeconds: 1 },
    );
    this.name = 'UnavailableError';
    this.outcome = outcome;
  }
}

/** Log level of a tolerated failure. Only debug for an unavailable dependency, which is logged where it is detected. */
export function severityOf(error: unknown): 'debug' | 'warn' {
  return error instanceof UnavailableError ? 'debug' : 'warn';
}

/** The caller may try again after `retryAfterSeconds`. */
export class RateLimitedError extends PublicError {
  declare readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', 'Too many attempts. Try again later.', { retryAfterSeconds });
    this.name = 'RateLimitedError';
  }
}

/** The hashing pool cannot start the job within its limit (`HASH_QUEUE_SECONDS`). */
export class OverloadedError extends RateLimitedError {
  constructor(retryAfterSeconds: number) {
    super(retryAfterSeconds);
    this.name = 'OverloadedError';
  }
}
