import { RateLimitedError } from '../../core/errors.ts';

export interface RateLimited {
  readonly kind: 'rate_limited';
  readonly retryAfterSeconds: number;
}

/** Converts an exceeded limit, or the overload of the hashing pool, into the outcome `rate_limited`. */
export async function shedding<Outcome>(
  work: () => Promise<Outcome | RateLimited>,
): Promise<Outcome | RateLimited> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RateLimitedError)
      return { kind: 'rate_limited', retryAfterSeconds: error.retryAfterSeconds };
    throw error;
  }
}
