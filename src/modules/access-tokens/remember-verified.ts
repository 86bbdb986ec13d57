import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../core/clock.ts';
import type { AccessTokens, AccessTokenVerification } from './access-token.ts';

/** Tokens that are remembered at most. */
const CACHE_SIZE = 20_000;

type Valid = Extract<AccessTokenVerification, { kind: 'valid' }>;

/**
 * Access tokens that are verified once and then remembered: checking a signature takes longer than everything else that a
 * small request costs. A signature stays what it is; whether the token has expired is asked each time, and whether its
 * session has ended by whoever uses the claims. Remembered by digest, so that no memory dump holds a credential.
 */
export function rememberVerified(tokens: AccessTokens, clock: Clock): AccessTokens {
  const verified = new LRUCache<string, Valid>({ max: CACHE_SIZE });
  return {
    ...tokens,
    verify(token) {
      const key = createHash('sha256').update(token).digest('base64');
      const known = verified.get(key);
      if (known === undefined) {
        const verification = tokens.verify(token);
        if (verification.kind === 'valid') verified.set(key, verification);
        return verification;
      }
      if (clock.now() < known.claims.expiresAt) return known;
      verified.delete(key);
      return { kind: 'expired' };
    },
  };
}
