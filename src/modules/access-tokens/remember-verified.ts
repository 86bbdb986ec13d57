import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { atMost } from '../../core/at-most.ts';
import type { Clock } from '../../core/clock.ts';
import { type AccessTokens, type AccessTokenVerification, OTHER_AUDIENCE } from './access-token.ts';

/** Maximum number of cached tokens. */
const CACHE_SIZE = 20_000;

type Valid = Extract<AccessTokenVerification, { kind: 'valid' }>;

/**
 * Caches successful verifications: checking a signature takes longer than the rest of a small request. Expiry is checked
 * each time here, and revocation by the caller. Keyed by digest, so that a memory dump holds no credential.
 */
export function rememberVerified(tokens: AccessTokens, clock: Clock): AccessTokens {
  const verified = new LRUCache<string, Valid>(atMost(CACHE_SIZE));
  return {
    ...tokens,
    verify(token, audiences = [tokens.audience]) {
      const key = createHash('sha256').update(token).digest('base64');
      const known = verified.get(key);
      if (known === undefined) {
        const verification = tokens.verify(token, audiences);
        if (verification.kind === 'valid') verified.set(key, verification);
        return verification;
      }
      if (!audiences.includes(known.claims.audience)) return { kind: 'invalid', reason: OTHER_AUDIENCE };
      if (clock.now() < known.claims.expiresAt) return known;
      verified.delete(key);
      return { kind: 'expired', claims: known.claims };
    },
  };
}
