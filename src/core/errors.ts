import { withoutStack } from './without-stack.ts';

/** The codes that a thrown error may carry to a client, in `extensions.code`. Clients may rely on them. */
export type ErrorCode =
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'BAD_USER_INPUT'
  | 'RATE_LIMITED'
  | 'SERVICE_UNAVAILABLE';

/**
 * A refusal whose code and message are meant for the caller. Anything else that is thrown is a failure we did not
 * expect: the caller learns nothing of it, the log everything.
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

/** A store or service we depend on did not answer in time. Trying again later may work; nothing was half done. */
export class UnavailableError extends PublicError {
  constructor(cause: unknown) {
    super('SERVICE_UNAVAILABLE', 'The service is unavailable for the moment. Try again shortly.', {
      cause,
      retryAfterSeconds: 1,
    });
    this.name = 'UnavailableError';
  }
}

/** How severe a failure is for whoever does without what failed: why something is unavailable is logged where that is found. */
export function severityOf(error: unknown): 'debug' | 'warn' {
  return error instanceof UnavailableError ? 'debug' : 'warn';
}

/** The hashing pool has more work than it can finish within its bound (`HASH_QUEUE_SECONDS`). */
export class OverloadedError extends PublicError {
  declare readonly retryAfterSeconds: number;

  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', 'Too many attempts at the moment. Try again shortly.', { retryAfterSeconds });
    this.name = 'OverloadedError';
  }
}
