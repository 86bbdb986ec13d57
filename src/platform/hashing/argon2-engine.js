import { requireNative } from './require-native.js';

/**
 * Synchronous Argon2id of version 19 with one lane; hashes in the format of the reference implementation.
 *
 * @typedef {object} Argon2Engine
 * @property {(input: string, cost: Cost) => string} hash
 * @property {(input: string, hash: string) => boolean} compare
 */

/** @typedef {Pick<import('../../core/hash-scheme.ts').Argon2idScheme, 'memoryKib' | 'passes'>} Cost */

/**
 * `@node-rs/argon2`, an optional dependency, if it loads on this machine and gives the known answers; else null. There is no
 * other: in JavaScript, Argon2 would take many times as long for the same strength.
 *
 * @param {() => Promise<NativeModule>} load
 * @returns {Promise<Argon2Engine | null>}
 */
export async function loadArgon2(load = async () => requireNative('@node-rs/argon2')) {
  try {
    const native = await load();
    return answersRight(native) ? engineOf(native) : null;
  } catch {
    return null;
  }
}

/**
 * @typedef {object} NativeModule
 * @property {(input: string, options: Options) => string} hashSync
 * @property {(hash: string, input: string) => boolean} verifySync
 */

/**
 * @typedef {object} Options
 * @property {number} memoryCost
 * @property {number} timeCost
 * @property {number} parallelism
 * @property {number} outputLen
 * @property {number} algorithm
 * @property {number} version
 * @property {Uint8Array} [salt]
 */

/**
 * All given: its defaults may change. The enumerations of its types exist for the compiler only. Without a salt, it takes 16
 * random bytes.
 */
const FORMAT = { outputLen: 32, algorithm: /** Argon2id */ 2, version: /** 19 */ 1 };

/**
 * @param {NativeModule} native
 * @returns {Argon2Engine}
 */
function engineOf({ hashSync, verifySync }) {
  return {
    hash: (input, { memoryKib, passes }) =>
      hashSync(input, { ...FORMAT, memoryCost: memoryKib, timeCost: passes, parallelism: 1 }),
    compare: (input, hash) => verifySync(hash, input),
  };
}

/** Known answers of the reference implementation, phc-winner-argon2 20190702 (src/test.c): one lane and two. */
const KNOWN = [
  {
    input: 'password',
    parallelism: 1,
    hash: '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
  },
  {
    input: 'password',
    parallelism: 2,
    hash: '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
  },
];
const SALT = Buffer.from('somesalt');
/** As long as every input. */
const LONG = 'U*U*'.repeat(16);

/** @param {NativeModule} native */
function answersRight(native) {
  const { hash, compare } = engineOf(native);
  const own = hash(LONG, { memoryKib: 8, passes: 1 });
  return (
    KNOWN.every(
      ({ input, parallelism, hash: known }) =>
        native.hashSync(input, { ...FORMAT, memoryCost: 256, timeCost: 2, parallelism, salt: SALT }) ===
          known &&
        compare(input, known) &&
        !compare(`x${input}`, known),
    ) &&
    /^\$argon2id\$v=19\$m=8,t=1,p=1\$[+/A-Za-z0-9]{22}\$[+/A-Za-z0-9]{43}$/.test(own) &&
    own !== hash(LONG, { memoryKib: 8, passes: 1 }) &&
    compare(LONG, own) &&
    !compare(LONG.slice(0, -1), own)
  );
}
