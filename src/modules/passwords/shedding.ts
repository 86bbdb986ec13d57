import { OverloadedError } from '../../core/errors.ts';
import type { RateLimited } from './outcomes.ts';

/** Converts the overload of the hashing pool into the outcome `rate_limited`. */
export async function shedding<Outcome>(
  work: () => Promise<Outcome | RateLimited>,
): Promise<Outcome | RateLimited> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof OverloadedError)
      return { kind: 'rate_limited', retryAfterSeconds: error.retryAfterSeconds };
    throw error;
  }
}
