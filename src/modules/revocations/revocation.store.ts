import type { Revocation } from '../../core/revocation.ts';

/** Recorded revocations, from which the feed recovers those it missed. */
export interface RevocationStore {
  /** The revocations of the last `seconds`. */
  listWithin(seconds: number): Promise<Revocation[]>;
}
