// JavaScript, so that worker threads run it from source without a loader, which would take 100 ms per thread.
import { workerData } from 'node:worker_threads';
import { loadArgon2 } from './argon2-engine.js';
import { loadEngine } from './bcrypt-engine.js';
import { compare } from './compare.js';

const [bcrypt, argon2] = await Promise.all([loadEngine(workerData.engine), loadArgon2()]);

/** @type {import('./compare.js').Engines} */
const engines = {
  bcrypt,
  get argon2id() {
    if (argon2 === null) throw new Error('this worker does not compute Argon2id');
    return argon2;
  },
};

/**
 * Runs a job synchronously; call in a worker thread.
 *
 * @param {import('./hash-job.ts').HashJob} job
 */
export default function run(job) {
  switch (job.kind) {
    case 'engines':
      return { bcrypt: bcrypt.name, argon2id: argon2 === null ? 'none' : 'native' };
    case 'hash':
      return job.scheme.kind === 'bcrypt'
        ? engines.bcrypt.hash(job.input, job.scheme.cost)
        : engines.argon2id.hash(job.input, job.scheme);
    case 'compare':
      return compare(engines, job);
    default:
      return /** @satisfies {never} */ (job);
  }
}
