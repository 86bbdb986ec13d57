import { randomBytes } from 'node:crypto';
import { generateSigningKeyPem } from '../../src/core/signing-key.ts';

/** Secrets for processes that are to share them, as replicas do. */
export function newSecrets() {
  return {
    JWT_PRIVATE_KEY: generateSigningKeyPem(),
    REFRESH_SECRET: randomBytes(32).toString('hex'),
    PASSWORD_PEPPER: randomBytes(32).toString('hex'),
  };
}
