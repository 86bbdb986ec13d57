import type { HashAlgorithm } from '../../core/hash-scheme.ts';
import type { KeyDerivation } from '../../core/key-derivation.ts';

/** A password hash that another system made. It has no pepper, and is replaced by ours at the next sign-in. */
export interface ForeignHash {
  readonly kind: 'foreign';
  /** The form that is stored. */
  readonly text: string;
  readonly algorithm: HashAlgorithm | KeyDerivation['kind'];
  /** What a password is compared with: a hash of bcrypt or Argon2, or a derivation. */
  readonly hash: string | KeyDerivation;
  /** The form that the other system hashes. Null: the password as given. */
  readonly normalization: 'NFKC' | null;
}

export interface RefusedHash {
  readonly kind: 'refused';
  /** Without any part of the hash. */
  readonly reason: string;
}

export const refused = (reason: string): RefusedHash => ({ kind: 'refused', reason });

export const tooCostly = (what: string) =>
  refused(`${what}: each sign-in would keep a thread busy for seconds.`);
