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

/** A dependency is unavailable or did not respond in time. The operation may be retried; it has no partial effect. */
export class UnavailableError extends PublicError {
  constructor(cause: unknown) {
    super('SERVICE_UNAVAILABLE', 'The service is temporarily unavailable. Try again shortly.', {
      cause,
      retryAfterSeconds: 1,
    });
    this.name = 'UnavailableError';
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
