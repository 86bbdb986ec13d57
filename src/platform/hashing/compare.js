import bcryptjs from 'bcryptjs';

/**
 * @typedef {object} Engines
 * @property {Pick<import('./bcrypt-engine.js').BcryptEngine, 'hash' | 'compare'>} bcrypt
 * @property {import('./argon2-engine.js').Argon2Engine} argon2id
 */

/** @typedef {import('../../core/hash-scheme.ts').Argon2idScheme} Argon2idScheme */

/**
 * Whether `hash` is a hash of `input`. A mismatch, and with `padsMatch` a match too, does the work of one hash of each
 * scheme of `least`. By work, not by a timer: under load hashes take longer, and a timer does not. So mismatches that differ
 * in the order of their work alone take the same time on a machine that is busy, too.
 *
 * @param {Engines} engines
 * @param {Pick<Extract<import('./hash-job.ts').HashJob, { kind: 'compare' }>, 'input' | 'hash' | 'least' | 'padsMatch'>} job
 */
export function compare(engines, { input, hash, least, padsMatch }) {
  const [, memoryKib, passes] = ARGON2ID.exec(hash) ?? [];
  const isBcrypt = memoryKib === undefined;
  const matches = isBcrypt ? engines.bcrypt.compare(input, hash) : engines.argon2id.compare(input, hash);
  if (matches && !padsMatch) return true;
  for (const scheme of least) {
    if (scheme.kind === 'argon2id') {
      padArgon2id(engines, input, scheme, isBcrypt ? 0 : Number(memoryKib) * Number(passes));
    } else if (isBcrypt) padBcrypt(engines, input, scheme.cost, bcryptjs.getRounds(hash));
    else engines.bcrypt.hash(input, scheme.cost);
  }
  return matches;
}

/**
 * After a hash of the cost `done`, 2^done, adds 2^done + 2^(done+1) + … + 2^(cost-1): in total 2^cost.
 *
 * @param {Engines} engines
 * @param {string} input
 * @param {number} cost
 * @param {number} done
 */
function padBcrypt({ bcrypt }, input, cost, done) {
  for (let next = done; next < cost; next++) bcrypt.hash(input, next);
}

/**
 * Adds one hash with as many passes over as much memory as `done`, in KiB times passes, left out.
 *
 * @param {Engines} engines
 * @param {string} input
 * @param {Argon2idScheme} scheme
 * @param {number} done
 */
function padArgon2id({ argon2id }, input, { memoryKib, passes }, done) {
  const rest = memoryKib - Math.ceil(done / passes);
  if (rest >= LEAST_MEMORY_KIB) argon2id.hash(input, { memoryKib: rest, passes });
}

const ARGON2ID = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/;

/** RFC 9106, section 3.1: eight blocks of 1 KiB for each lane. */
const LEAST_MEMORY_KIB = 8;
