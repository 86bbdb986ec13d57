import bcrypt from 'bcryptjs';

/** What a worker is asked to compute. */
export type HashJob =
  | { readonly kind: 'hash'; readonly input: string; readonly cost: number }
  | { readonly kind: 'compare'; readonly input: string; readonly hash: string; readonly leastCost: number };

/** Runs in a worker thread, where nobody minds that it blocks. */
export default function run(job: HashJob): string | boolean {
  switch (job.kind) {
    case 'hash':
      return bcrypt.hashSync(job.input, job.cost);
    case 'compare':
      return compare(job.input, job.hash, job.leastCost);
    default:
      return job satisfies never;
  }
}

function compare(input: string, hash: string, leastCost: number): boolean {
  const matches = bcrypt.compareSync(input, hash);
  // 2^c done, and then 2^c + 2^(c+1) + … + 2^(least-1): together exactly the 2^least of an up-to-date hash.
  if (!matches)
    for (let cost = bcrypt.getRounds(hash); cost < leastCost; cost++) bcrypt.hashSync(input, cost);
  return matches;
}
