import bcryptjs from 'bcryptjs';
import { derives } from './derived-key.js';

/**
 * @typedef {object} Engines
 * @property {Pick<import('./bcrypt-engine.js').BcryptEngine, 'hash' | 'compare'>} bcrypt
 * @property {import('./argon2-engine.js').Argon2Engine} argon2id
 */

/** @typedef {import('../../core/hash-scheme.ts').Argon2idScheme} Argon2idScheme */

/** @typedef {Extract<import('./hash-job.ts').HashJob, { kind: 'compare' }>} Comparison */

/**
 * Whether `hash` is a hash of `input`, or of one of several inputs. For each input a mismatch, and with `padsMatch` a match too,
 * does the work of one hash of each scheme of `least`. By work, not by a timer: under load hashes take longer, and a timer does
 * not. So mismatches that differ in the order of their work alone take the same time on a machine that is busy, too.
 *
 * What PBKDF2 and scrypt take comes on top of it: there is no measure of their work in that of bcrypt or Argon2.
 *
 * @param {Engines} engines
 * @param {Pick<Comparison, 'input' | 'hash' | 'least' | 'padsMatch'>} job
 */
export function compare(engines, { input, hash, least, padsMatch }) {
  const inputs = typeof input === 'string' ? [input] : input;
  const matchesHash = (/** @type {string} */ each) => isHashOf(engines, each, hash);
  if (!padsMatch && inputs.some(matchesHash)) return true;
  const matches = padsMatch && inputs.map(matchesHash).includes(true);
  const done = workOf(hash);
  for (const each of inputs) {
    for (const scheme of least) {
      if (scheme.kind === 'argon2id') padArgon2id(engines, each, scheme, done.argon2);
      else if (done.bcryptCost !== null) padBcrypt(engines, each, scheme.cost, done.bcryptCost);
      else engines.bcrypt.hash(each, scheme.cost);
    }
  }
  return matches;
}

/**
 * @param {Engines} engines
 * @param {string} input
 * @param {Comparison['hash']} hash
 */
function isHashOf(engines, input, hash) {
  if (typeof hash !== 'string') return derives(input, hash);
  return hash.startsWith('$argon2')
    ? engines.argon2id.compare(input, hash)
    : engines.bcrypt.compare(input, hash);
}

/**
 * The cost of bcrypt, or KiB times passes of Argon2, that a comparison with `hash` takes.
 *
 * @param {Comparison['hash']} hash
 */
function workOf(hash) {
  if (typeof hash !== 'string') return { bcryptCost: null, argon2: 0 };
  const [, memoryKib, passes] = ARGON2.exec(hash) ?? [];
  if (memoryKib === undefined) return { bcryptCost: bcryptjs.getRounds(hash), argon2: 0 };
  return { bcryptCost: null, argon2: Number(memoryKib) * Number(passes) };
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

const ARGON2 = /^\$argon2id?\$v=19\$m=(\d+),t=(\d+),/;

/** RFC 9106, section 3.1: eight blocks of 1 KiB for each lane. */
const LEAST_MEMORY_KIB = 8;
