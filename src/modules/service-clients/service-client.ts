import type { ServiceClientId } from '../../core/ids.ts';
import type { ScopeName } from '../../core/scopes.ts';

/** A program with an identity of its own: a back-end, or another subgraph. It is no user. */
export interface ServiceClient {
  readonly id: ServiceClientId;
  /** By which operators call it; unique. */
  readonly name: string;
  /** Scopes that its tokens may have. */
  readonly scopes: readonly ScopeName[];
  /** For whom it may get tokens, and whose tokens it may introspect. */
  readonly audiences: readonly string[];
  /** Whether it may exchange access tokens of users, to act for them. */
  readonly actsForUsers: boolean;
  /** Digests of its secrets, the newest first. */
  readonly secretDigests: readonly Buffer[];
  /** In PEM (SPKI), the newest first. */
  readonly publicKeys: readonly string[];
  /** Its tokens that were issued before are revoked. */
  readonly tokensNotBefore: Date;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
  /** The database's time at which the row was read. */
  readonly readAt: Date;
}

/** Live secrets, and live keys, of one client: the new one is rolled out while the one before is in use. */
export const MAX_LIVE = 2;
