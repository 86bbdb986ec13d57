import { OverloadedError } from '../../core/errors.ts';
import type { RateLimited } from './outcomes.ts';

/** Turns a full hashing queue into the outcome that tells the caller when to try again. */
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
