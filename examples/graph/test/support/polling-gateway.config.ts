// The gateway of the example, which also refuses tokens that it cannot verify, and fetches each key again every two seconds: a
// router by which a mistake in a rotation would show.
import { createRemoteJwksSigningKeyProvider, defineConfig } from '@graphql-hive/gateway';
import { gatewayConfig as example } from '../../gateway.config.ts';

// Else its type allows the deprecated name of the list.
if (example.jwt?.signingKeyProviders === undefined)
  throw new Error('the gateway of the example verifies tokens');

export const gatewayConfig = defineConfig({
  ...example,
  jwt: {
    ...example.jwt,
    signingKeyProviders: [
      createRemoteJwksSigningKeyProvider({
        jwksUri: process.env['JWKS_URL'] ?? '',
        cache: true,
        cacheMaxAge: 2_000,
      }),
      () => 'no such key',
    ],
    reject: { missingToken: false, invalidToken: true },
  },
});
