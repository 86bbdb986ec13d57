import { createCipheriv, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto';

/** @typedef {import('../../core/key-derivation.ts').KeyDerivation} KeyDerivation */
/** @typedef {import('../../core/key-derivation.ts').ScryptDerivation} ScryptDerivation */

/**
 * Whether the key of `derivation` is the one of `input`.
 *
 * @param {string} input
 * @param {KeyDerivation} derivation
 */
export function derives(input, derivation) {
  return timingSafeEqual(keyOf(input, derivation), derivation.key);
}

/**
 * @param {string} input
 * @param {KeyDerivation} derivation
 */
function keyOf(input, derivation) {
  const { salt, key } = derivation;
  switch (derivation.kind) {
    case 'pbkdf2':
      return pbkdf2Sync(input, salt, derivation.iterations, key.length, derivation.digest);
    case 'scrypt': {
      const { signerKey } = derivation;
      if (signerKey === null) return scryptOf(input, derivation, key.length);
      // Each salt is used for one password, so a constant counter is none of the usual risks of CTR.
      const cipher = createCipheriv('aes-256-ctr', scryptOf(input, derivation, 32), Buffer.alloc(16));
      return Buffer.concat([cipher.update(signerKey), cipher.final()]);
    }
    default:
      return /** @satisfies {never} */ (derivation);
  }
}

/**
 * @param {string} input
 * @param {ScryptDerivation} derivation
 * @param {number} length
 */
function scryptOf(input, { salt, logN, r, p }, length) {
  // Node refuses what needs more than 32 MiB unless told so.
  return scryptSync(input, salt, length, { N: 2 ** logN, r, p, maxmem: 128 * r * (2 ** logN + p + 2) });
}
