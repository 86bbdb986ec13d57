// JavaScript, so that worker threads run it from source without a loader, which would take 100 ms per thread.
import { workerData } from 'node:worker_threads';
import bcryptjs from 'bcryptjs';
import { loadEngine } from './bcrypt-engine.js';

const engine = await loadEngine(workerData.engine);

/**
 * Runs a job synchronously; call in a worker thread.
 *
 * @param {import('./hash-job.ts').HashJob} job
 */
export default function run(job) {
  switch (job.kind) {
    case 'engine':
      return engine.name;
    case 'hash':
      return engine.hash(job.input, job.cost);
    case 'compare':
      return compare(job.input, job.hash, job.leastCost);
    default:
      return /** @satisfies {never} */ (job);
  }
}

/**
 * @param {string} input
 * @param {string} hash
 * @param {number} leastCost
 */
function compare(input, hash, leastCost) {
  const matches = engine.compare(input, hash);
  // Pads a mismatch to equal time: 2^c, then 2^c + 2^(c+1) + … + 2^(least-1), in total 2^least as for a current hash.
  if (!matches) for (let cost = bcryptjs.getRounds(hash); cost < leastCost; cost++) engine.hash(input, cost);
  return matches;
}
