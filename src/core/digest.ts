import { createHmac } from 'node:crypto';
import type { Secret } from './secret.ts';

/**
 * A keyed digest of what a caller entered (HMAC-SHA-256, 128 bits, base64url). It is stored in place of the text, which may be
 * an e-mail address without an account, or a password entered in the wrong field. `kind` separates digests of different uses.
 */
export type Digest = (kind: string, text: string) => string;

export function createDigest(secret: Secret): Digest {
  const key = createHmac('sha256', secret.reveal()).update('latchkey digest').digest();
  return (kind, text) =>
    createHmac('sha256', key).update(`${kind}\0${text}`).digest().subarray(0, 16).toString('base64url');
}
