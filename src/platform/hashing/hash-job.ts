/** `auto`: native if possible. */
export type EngineChoice = 'auto' | 'bcryptjs';

export type EngineName = 'native' | 'bcryptjs';

/** A job of a hashing worker. */
export type HashJob =
  | { readonly kind: 'engine' }
  | { readonly kind: 'hash'; readonly input: string; readonly cost: number }
  | { readonly kind: 'compare'; readonly input: string; readonly hash: string; readonly leastCost: number };
