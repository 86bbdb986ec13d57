/** The hash alone, on as many threads as Latchkey uses: the most sign-ins that these cores could do. */
import { availableParallelism } from 'node:os';
import { schemeOfNew } from '../../src/modules/passwords/index.ts';
import { HashingPool } from '../../src/platform/hashing/hashing-pool.ts';
import { createLogger } from '../../src/platform/logger.ts';

const ENGINE = process.env['BCRYPT_ENGINE'] === 'bcryptjs' ? 'bcryptjs' : 'auto';
const scheme = schemeOfNew({
  algorithm: process.env['PASSWORD_HASH'] === 'argon2id' ? 'argon2id' : 'bcrypt',
  cost: 10,
});
const INPUT = 'the same length as a base64 pre-hash, which is sixty-four chars.';
const workers = availableParallelism();
const pool = new HashingPool({
  workers,
  queueSeconds: 30,
  scheme,
  engine: ENGINE,
  logger: createLogger('error'),
});
await pool.start();
const stored = await pool.hash(INPUT, scheme, null);
process.on('message', (message) => {
  if (message === 'stop') void pool.stop().then(() => process.exit(0));
  if (message === 'measure') void measure().then((perSecond) => process.send?.({ perSecond }));
});
process.send?.({ url: 'none' });

async function measure(seconds = 6): Promise<number> {
  let done = 0;
  const startedAt = performance.now();
  const end = startedAt + seconds * 1000;
  const loop = async () => {
    while (performance.now() < end) {
      await pool.compare(INPUT, stored, [scheme], null);
      done += 1;
    }
  };
  await Promise.all(Array.from({ length: workers * 4 }, loop));
  return (done / (performance.now() - startedAt)) * 1000;
}
