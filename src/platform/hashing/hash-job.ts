import type { HashScheme } from '../../core/hash-scheme.ts';
import type { KeyDerivation } from '../../core/key-derivation.ts';

/** `auto`: native if possible. */
export type EngineChoice = 'auto' | 'bcryptjs';

export type EngineName = 'native' | 'bcryptjs';

/** What computes the hashes of each algorithm. */
export interface HashEngines {
  readonly bcrypt: EngineName;
  readonly argon2id: 'native' | 'none';
}

/** A job of a hashing worker. */
export type HashJob =
  | { readonly kind: 'engines' }
  | { readonly kind: 'hash'; readonly input: string; readonly scheme: HashScheme }
  | {
      readonly kind: 'compare';
      /** What is compared; several, if each may be it. */
      readonly input: string | readonly string[];
      /** By bcrypt or Argon2, or of another system. */
      readonly hash: string | KeyDerivation;
      readonly least: readonly HashScheme[];
      /** Whether a match does the work of a mismatch. */
      readonly padsMatch: boolean;
    };
