/**
 * `npm run faults -- --minutes 20 --seed N`: two instances under load, on a Postgres and a Redis of their own, while what they
 * need is killed, frozen and cut off. Afterwards the history of all requests is checked. The same seed makes the same faults and
 * the same requests of each person, in the same order. Exits with 1 if an invariant does not hold.
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Redis as Subscriber } from 'ioredis';
import { withClient } from '../../bench/lib/database.ts';
import { check, RECOVERY_MS } from './checks.ts';
import { faults } from './faults.ts';
import { readFinalState } from './final-state.ts';
import { flood, Person } from './person.ts';
import { createRandom } from './random.ts';
import { report } from './report.ts';
import { Requests } from './requests.ts';
import { Timeline } from './timeline.ts';
import { signUpAdministrator, Watcher } from './watcher.ts';
import { createWorld, RULES, type World } from './world.ts';

const PEOPLE = 12;
const FLOOD_PER_SECOND = 8;

/** Between faults, in milliseconds: everything recovers, and goes on for a while. */
const QUIET_MS = { least: RECOVERY_MS + 1_000, most: RECOVERY_MS + 5_000 };
const FAULT_MS = { least: 300, most: 6_000 };

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string' },
    only: { type: 'string' },
    history: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
const kinds = Object.keys(faults).filter((kind) => values.only === undefined || kind.includes(values.only));
if (!(minutes > 0) || !Number.isSafeInteger(seed) || kinds.length === 0) {
  console.error(
    'usage: npm run faults -- [--minutes 20] [--seed 1] [--only "Redis is killed"] [--history file.json]',
  );
  process.exit(2);
}

console.log(`seed ${seed}, ${minutes} minutes`);
const timeline = new Timeline();
let isOver = false;
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    isOver = true;
  });

const world = await createWorld(timeline);
const subscriber = listen(world);
try {
  const urls = world.sites.map(({ url }) => url);
  const { user } = await signUpAdministrator(urls[0] as string);
  await withClient(world.postgres.url, (client) =>
    client.query(`UPDATE users SET roles = '{user,admin}' WHERE id = $1`, [user.id]),
  );
  const watchers = [
    new Watcher('watcher 1', urls, timeline),
    new Watcher('watcher 2', urls.toReversed(), timeline),
  ];
  await Promise.all(watchers.map((watcher) => watcher.open()));
  const watchedSince = await now(world);

  const requests = new Requests(timeline, urls);
  const people = Array.from({ length: PEOPLE }, (_, i) =>
    new Person(i, requests, createRandom(seed + 1 + i)).live(() => isOver),
  );
  people.push(flood(requests, FLOOD_PER_SECOND, () => isOver));
  const running = Promise.all(people);
  await Promise.race([running, disturb(world)]);
  isOver = true;
  await running;
  const state = await readFinalState(world.postgres.url, watchedSince);
  await untilNothingIsTold();
  for (const watcher of watchers) watcher.close();
  const history = { ...timeline, state };
  if (values.history !== undefined)
    writeFileSync(values.history, JSON.stringify({ ...history, published: [...history.published] }));
  const violations = check(history, RULES);
  report(history, violations);
  console.log(
    `seed ${seed}: ${violations.length === 0 ? 'no violation' : `${violations.length} violations`}`,
  );
  process.exitCode = violations.length === 0 ? 0 : 1;
} finally {
  subscriber.disconnect();
  await world.stop();
}
// Else Node.js 20 would wait for ever, for sockets that were reset while they closed.
process.exit();

/** One fault after the other, until the time is over. */
async function disturb(world: World): Promise<void> {
  const random = createRandom(seed);
  const until = performance.now() + minutes * 60_000;
  while (!isOver) {
    await delay(random.integer(QUIET_MS.least, QUIET_MS.most));
    const kind = random.pick(kinds);
    const fault = faults[kind];
    const site = random.pick(world.sites);
    const durationMs = random.integer(FAULT_MS.least, FAULT_MS.most);
    if (isOver || fault === undefined || performance.now() > until) return;
    const from = timeline.now();
    const index = site.instance.index;
    const instances = fault.isOfOneInstance ? [index] : [0, 1];
    const period = { kind, instances, targets: fault.targets, from, until: Number.POSITIVE_INFINITY };
    timeline.faults.push(period);
    await fault.run(world, site, durationMs);
    period.until = timeline.now();
    const where = fault.isOfOneInstance ? `, instance ${index}` : '';
    console.log(
      `${seconds(from)} to ${seconds(period.until)} s: ${kind}${where}; ${timeline.operations.length} requests so far`,
    );
  }
}

/** What another service is told on the channels. */
function listen({ redis }: World): Subscriber {
  const subscriber = new Subscriber(redis.url, {
    retryStrategy: () => 5,
    maxRetriesPerRequest: null,
  });
  subscriber.on('error', () => undefined);
  subscriber.on('pmessage', (_pattern, channel: string, message: string) => {
    const { id, type } = JSON.parse(message);
    if (channel !== 'auth:heartbeat' && id !== undefined && type !== undefined)
      timeline.published.set(id, type);
  });
  void subscriber.psubscribe('auth:*');
  return subscriber;
}

async function now({ postgres }: World): Promise<Date> {
  return withClient(postgres.url, async (client) => (await client.query('SELECT now()')).rows[0].now);
}

/** Until the watchers have been told nothing for a while. */
async function untilNothingIsTold(): Promise<void> {
  for (let before = -1; before !== timeline.deliveries.length; ) {
    before = timeline.deliveries.length;
    await delay(2_000);
  }
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1_000).toFixed(1).padStart(6);
}
