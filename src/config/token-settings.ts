import { MAX_TTL_SECONDS } from '../core/access-token-lifetimes.ts';
import { COMPATIBLE_CLAIMS } from '../core/compatible-claims.ts';
import { generateSigningKeyPem } from '../core/signing-key.ts';
import { duration, name, someOf, wholeNumber } from './plain-kinds.ts';
import { randomSecret, secretList, signingKeys } from './secret-kinds.ts';
import type { Setting } from './setting.ts';

/** Access tokens and refresh tokens. */
export const tokenSettings = {
  JWT_ISSUER: {
    accepts: name,
    default: { words: 'the origin of PUBLIC_URL', of: ({ text }) => new URL(text('PUBLIC_URL')).origin },
    required: true,
    about: 'Claim `iss` of access tokens.',
  },
  JWT_AUDIENCE: {
    accepts: name,
    default: 'latchkey',
    required: true,
    about: 'Claim `aud` of access tokens.',
  },
  JWT_SECRET: {
    accepts: secretList,
    secret: true,
    about:
      'Signs access tokens with HS256, in place of JWT_PRIVATE_KEY, for back-ends that cannot use a JWKS yet: the first signs, all verify. Not together with it. ' +
      'Whoever has it can forge tokens: docs/older-back-ends.md.',
  },
  JWT_PRIVATE_KEY: {
    accepts: signingKeys,
    insteadOf: 'JWT_SECRET',
    required: true,
    secret: true,
    generate: generateSigningKeyPem,
    about:
      'Keys of access tokens: the first signs, all are published and verify. ES256 with an EC key, RS256 with an RSA key, EdDSA with an Ed25519 key, which some routers cannot verify.',
  },
  JWT_ACCESS_EXPIRY: {
    accepts: duration(30, MAX_TTL_SECONDS),
    default: '5m',
    about:
      'Lifetime of an access token. Back-ends that verify tokens by themselves accept those of an ended session for as long: above 5m ' +
      'the server warns of it.',
  },
  JWT_COMPATIBLE_CLAIMS: {
    accepts: someOf(...COMPATIBLE_CLAIMS),
    default: '',
    emptyIsValue: true,
    about:
      'Further claims of access tokens, for back-ends that read those of an earlier system: docs/older-back-ends.md.',
  },
  REFRESH_SECRET: {
    accepts: secretList,
    required: true,
    secret: true,
    generate: randomSecret,
    about: 'Keys of refresh tokens: the first creates, all verify.',
  },
  REFRESH_GRACE_SECONDS: {
    accepts: wholeNumber(0, 60),
    default: '10',
    about: 'Seconds after its use during which a refresh token is accepted again; 0 disables this.',
  },
} as const satisfies Record<string, Setting<unknown>>;
