import type { InvalidInput } from '../../core/invalid-field.ts';
import type { RateLimited } from '../rate-limits/index.ts';

/** The answer to a request that may lead to a message. It does not tell whether an account exists. */
export type EmailRequestOutcome = { readonly kind: 'accepted' } | InvalidInput | RateLimited;
