import type { ServiceClientId } from '../../core/ids.ts';
import type { ServicePrincipal } from '../../core/principal.ts';
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
  /** The valid ones, the newest first; two at most. */
  readonly credentials: readonly ClientCredential[];
  /** Its tokens that were issued before are revoked. */
  readonly tokensNotBefore: Date;
  readonly createdAt: Date;
  readonly disabledAt: Date | null;
}

/** A client that has authenticated by itself, which does not end with time. */
export function servicePrincipalOf({ id: clientId, scopes }: ServiceClient): ServicePrincipal {
  return { kind: 'service', clientId, scopes: new Set(scopes), expiresAt: NEVER };
}

/** The last time that a Date can be. */
const NEVER = new Date(8_640_000_000_000_000);

/** By which a client authenticates. `digest`: of its secret, in base64. `pem`: its public key, or a certificate. */
export type ClientCredential =
  | { readonly kind: 'secret'; readonly digest: string }
  | { readonly kind: 'key'; readonly pem: string };

/** Valid credentials of one client: a new one is rolled out while the one before is in use. */
export const MAX_CREDENTIALS = 2;
