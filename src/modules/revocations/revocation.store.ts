import type { Revocation } from '../../core/revocation.ts';

/** Where revocations are written down: what the feed has missed is found there. */
export interface RevocationStore {
  /** What was revoked within the last so many seconds. */
  listWithin(seconds: number): Promise<Revocation[]>;
}
