import { generateSigningKeyPem } from '../core/signing-key.ts';
import { duration, name, wholeNumber } from './plain-kinds.ts';
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
  JWT_PRIVATE_KEY: {
    accepts: signingKeys,
    required: true,
    secret: true,
    generate: generateSigningKeyPem,
    about:
      'Keys of access tokens: the first signs, all are published and verify. ES256 with an EC key, RS256 with an RSA key, EdDSA with an Ed25519 key, which some routers cannot verify.',
  },
  JWT_ACCESS_EXPIRY: { accepts: duration(30, 300), default: '5m', about: 'Lifetime of an access token.' },
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
