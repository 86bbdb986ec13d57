import type { ActiveToken } from './introspection.ts';

/** Parent value of `TokenIntrospection`. */
export interface TokenIntrospectionView {
  /** Null if it is not active. */
  readonly token: ActiveToken | null;
}
