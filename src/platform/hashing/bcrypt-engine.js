import bcryptjs from 'bcryptjs';
import { requireNative } from './require-native.js';

/**
 * Synchronous bcrypt.
 *
 * @typedef {object} BcryptEngine
 * @property {import('./hash-job.ts').EngineName} name
 * @property {(input: string, cost: number) => string} hash
 * @property {(input: string, hash: string) => boolean} compare
 */

/** Known answers, of crypt_blowfish 1.3 (wrapper.c): `$2a$`, the empty password, and what lies beyond 72 bytes. */
const KNOWN = [
  ['U*U', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW'],
  ['U*U*U', '$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a'],
  ['', '$2a$05$CCCCCCCCCCCCCCCCCCCCC.7uG0VCzI2bS7j6ymqJi9CdcdxiRTWNy'],
  [
    '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789chars after 72 are ignored',
    '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui',
  ],
];

/**
 * `@node-rs/bcrypt`, an optional dependency, if it loads on this machine and gives the known answers; else bcryptjs, which
 * computes the same hashes.
 *
 * @param {import('./hash-job.ts').EngineChoice} choice
 * @param {() => Promise<NativeModule>} load
 * @returns {Promise<BcryptEngine>}
 */
export async function loadEngine(choice, load = async () => requireNative('@node-rs/bcrypt')) {
  if (choice === 'bcryptjs') return javaScript;
  try {
    const { hashSync, verifySync } = await load();
    /** @type {BcryptEngine} */
    const native = { name: 'native', hash: (input, cost) => hashSync(input, cost), compare: verifySync };
    return answersRight(native) ? native : javaScript;
  } catch {
    return javaScript;
  }
}

/**
 * @typedef {object} NativeModule
 * @property {(input: string, cost: number) => string} hashSync
 * @property {(input: string, hash: string) => boolean} verifySync
 */

/** @type {BcryptEngine} */
const javaScript = { name: 'bcryptjs', hash: bcryptjs.hashSync, compare: bcryptjs.compareSync };

/** @param {BcryptEngine} engine */
function answersRight({ hash, compare }) {
  const own = hash('U*U', 4);
  return (
    KNOWN.every(([input = '', known = '']) => compare(input, known) && !compare(`x${input}`, known)) &&
    /^\$2b\$04\$[./A-Za-z0-9]{53}$/.test(own) &&
    bcryptjs.compareSync('U*U', own)
  );
}
