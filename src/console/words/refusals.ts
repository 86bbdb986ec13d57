import { type GraphQLFailure, Unreachable } from '../api/post.ts';

/** Why something was refused, in sentences. */
export interface Refused {
  readonly message: string;
  readonly detail?: string;
  /** When to try again. */
  readonly retryAt?: string;
}

export function withRetry(message: string, seconds: number): Refused {
  return { message, retryAt: new Date(Date.now() + seconds * 1_000).toISOString() };
}

/** The first error of an answer. */
export function refusalOf(errors: readonly GraphQLFailure[]): Refused {
  const [error] = errors;
  if (error === undefined) return { message: 'The server sent no data.' };
  const { retryAfterSeconds } = error.extensions ?? {};
  if (retryAfterSeconds !== undefined) return withRetry(error.message, retryAfterSeconds);
  return { message: error.message };
}

/** A failure that a mutation returned as data. */
export interface FailureData {
  readonly message: string;
  readonly fields?: readonly { readonly path: readonly string[]; readonly message: string }[];
}

export function refusalOfData({ message, fields = [] }: FailureData): Refused {
  const detail = fields.map((field) => `${field.path.join('.')}: ${field.message}`).join(' ');
  return detail === '' ? { message } : { message, detail };
}

/** Of a request that got no answer. @throws every other error. */
export function refusalOfNoAnswer(error: unknown): Refused {
  if (!(error instanceof Unreachable)) throw error;
  return { message: error.message };
}
