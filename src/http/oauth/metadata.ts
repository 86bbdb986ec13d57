import type { Config } from '../../config/config.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';

const ASYMMETRIC = ['ES256', 'RS256', 'EdDSA'];

/** The metadata of the authorization server (RFC 8414 §2). */
export function authorizationServerMetadata(issuer: string, { publicUrl }: Config['http']): object {
  const at = (path: string) => new URL(path, publicUrl.toString()).toString();
  return {
    issuer,
    token_endpoint: at('/oauth/token'),
    introspection_endpoint: at('/oauth/introspect'),
    revocation_endpoint: at('/oauth/revoke'),
    jwks_uri: at('/.well-known/jwks.json'),
    // There is no authorization endpoint.
    response_types_supported: [],
    grant_types_supported: ['client_credentials', TOKEN_EXCHANGE],
    // `none`: who exchanges a personal access token need be no client.
    token_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'none'],
    token_endpoint_auth_signing_alg_values_supported: ASYMMETRIC,
    introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt', 'Bearer'],
    introspection_endpoint_auth_signing_alg_values_supported: ASYMMETRIC,
    revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
    revocation_endpoint_auth_signing_alg_values_supported: ASYMMETRIC,
  };
}
