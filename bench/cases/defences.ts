import { setTimeout as sleep } from 'node:timers/promises';
import { withStorage } from '../../src/app/app.ts';
import { loadConfig } from '../../src/config/config.ts';
import { TypeOrmLockoutStore } from '../../src/modules/lockout/lockout.store.typeorm.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { Case, Row, Surroundings } from '../lib/case.ts';
import { Child } from '../lib/child.ts';
import { graphql, PASSWORD, refresh, signup } from '../lib/client.ts';
import { load, median, percentile, timed } from '../lib/load.ts';
import { production } from '../lib/production.ts';

const ROUNDS = 5;
const LOGINS = 40;
const REFRESHES = 300;
const HONEST = 20;
const FLOOD_PER_SECOND = 400;
const OFFICE = 200;
const OFFICE_PER_SECOND = 8;
const STUFFING_ADDRESSES = 50;
const PAIRS = 10_000;

/** What limits and lockout cost, and what honest people notice of attacks. */
export const defences: Case = async (surroundings) => [
  ...(await costs(surroundings)),
  await manyInOne(surroundings),
  await flood(surroundings),
  ...(await stuffing(surroundings)),
];

const start = (env: Readonly<Record<string, string>>) =>
  Child.start(new URL('../lib/latchkey.ts', import.meta.url), env);

interface LoginAnswer {
  readonly login: { readonly __typename: string };
}

async function login(url: string, identifier: string, password: string, address?: string): Promise<string> {
  const query = 'mutation ($input: LoginInput!) { login(input: $input) { __typename } }';
  const variables = { input: { identifier, password } };
  return (await graphql<LoginAnswer>(url, query, { variables, address })).login.__typename;
}

/** The same by a server with limits that are never reached, and by one without, which production refuses. */
async function costs({ createDatabase, redisUrl }: Surroundings): Promise<Row[]> {
  const common = { REDIS_URL: redisUrl, DATABASE_URL: await createDatabase() };
  const env = { ...production(common.DATABASE_URL), NODE_ENV: 'development' };
  const limited = await start({ ...env, ...common });
  const off = { RATE_LIMITS: 'off', STUFFING_IDENTIFIERS: '0' };
  const unlimited = await start({ ...env, ...common, ...off });
  try {
    const owner = await signup(limited.url, 'costs@example.com');
    const times = { logins: [[], []], refreshes: [[], []], me: [[], []] } as Record<
      string,
      [number[], number[]]
    >;
    let { refreshToken } = owner;
    for (let round = 0; round < ROUNDS; round += 1)
      for (const [which, { url }] of [limited, unlimited].entries()) {
        for (let i = 0; i < LOGINS / ROUNDS; i += 1)
          times['logins']?.[which]?.push(await timed(() => login(url, 'costs@example.com', PASSWORD)));
        ({ refreshToken } = await signup(url, `refresh${round}${which}@example.com`));
        for (let i = 0; i < REFRESHES / ROUNDS; i += 1)
          times['refreshes']?.[which]?.push(
            await timed(async () => {
              ({ refreshToken } = await refresh(url, refreshToken));
            }),
          );
        const { accessToken } = await signup(url, `me${round}${which}@example.com`);
        const headers = { authorization: `Bearer ${accessToken}` };
        times['me']?.[which]?.push((await load({ url, query: '{ me { id } }', headers })).perSecond);
      }
    const lockout = await attempts({ ...env, ...common });
    const [p50, ofRefresh, perSecond] = ['logins', 'refreshes', 'me'].map(
      (name) => times[name]?.map(median) ?? [],
    );
    const ratio = ([one = Number.NaN, other = Number.NaN]: number[] = []) => one / other;
    const raw = (unit: string, [one = 0, other = 0]: number[] = []) =>
      `with limits ${one.toFixed(2)} ${unit}, without ${other.toFixed(2)} ${unit}`;
    return [
      { what: 'login p50 with limits ÷ without', value: ratio(p50), atMost: 1.1, raw: raw('ms', p50) },
      {
        what: 'statements of the lockout p50 ÷ login p50',
        value: median(lockout) / (p50?.[0] ?? Number.NaN),
        atMost: 0.1,
        raw: `counting and forgetting an attempt, by the store: ${median(lockout).toFixed(2)} ms`,
      },
      {
        what: 'refresh p50 with limits ÷ without',
        value: ratio(ofRefresh),
        atMost: 1.05,
        raw: raw('ms', ofRefresh),
      },
      {
        what: '`me` a second with limits ÷ without',
        value: ratio(perSecond),
        atLeast: 0.97,
        raw: raw('/s', perSecond),
      },
    ];
  } finally {
    await Promise.all([limited.stop(), unlimited.stop()]);
  }
}

/** Guesses that one request holds, as aliases, in fragments and in a batch: refused before any is executed. */
async function manyInOne({ createDatabase, redisUrl }: Surroundings): Promise<Row> {
  const latchkey = await start({ ...production(await createDatabase()), REDIS_URL: redisUrl });
  const guess = (i: number) =>
    `g${i}: login(input: { identifier: "a@example.com", password: "guess ${i}" }) { __typename }`;
  const guesses = (count: number) => Array.from({ length: count }, (_, i) => guess(i)).join(' ');
  const bodies: readonly object[] = [
    { query: `mutation { ${guesses(1_000)} }` },
    { query: `mutation { ...A } fragment A on Mutation { ...B } fragment B on Mutation { ${guesses(40)} }` },
    Array.from({ length: 50 }, (_, i) => ({ query: `mutation { ${guess(i)} }` })),
  ];
  const headers = { 'content-type': 'application/json' };
  try {
    const times: number[] = [];
    for (let i = 0; i < 20; i += 1)
      for (const body of bodies)
        times.push(
          await timed(async () => {
            const answer = await fetch(`${latchkey.url}/graphql`, {
              method: 'POST',
              headers,
              body: JSON.stringify(body),
            });
            if ((await answer.text()).includes('__typename')) throw new Error('a guess was executed');
          }),
        );
    return {
      what: 'a request of a thousand guesses, of forty in fragments, of fifty in a batch, until it is refused, p95',
      value: percentile(times, 95),
      unit: 'ms',
      atMost: 100,
      raw: `p50 ${percentile(times, 50).toFixed(1)} ms, max ${Math.max(...times).toFixed(1)} ms; ${times.length} requests`,
    };
  } finally {
    await latchkey.stop();
  }
}

/** How long the store takes to count an attempt and to forget it, as at a login that succeeds. */
function attempts(env: Readonly<Record<string, string>>): Promise<number[]> {
  const config = loadConfig(env);
  return withStorage(config, createLogger('error'), async (database) => {
    const store = new TypeOrmLockoutStore(database);
    const times: number[] = [];
    for (let i = 0; i < 500; i += 1)
      times.push(
        await timed(async () => {
          await store.begin('bench', null, config.lockout);
          await store.clear(['bench']);
        }),
      );
    return times;
  });
}

/** A server with the limits of production, which believes what the benchmark says of addresses. */
async function defended({ createDatabase, redisUrl }: Surroundings): Promise<Child> {
  const { RATE_LIMITS: _, ...env } = production(await createDatabase());
  // Signing up is not what is measured.
  const limits = JSON.stringify({ 'signup.address': '9999999/1s' });
  return start({ ...env, REDIS_URL: redisUrl, TRUSTED_PROXIES: 'loopback', RATE_LIMITS: limits });
}

/** Each has one of their own: one that fails with many identifiers is suspicious by itself. */
const passwordOf = (email: string) => `${PASSWORD} ${/\d+/.exec(email)?.[0]}`;

async function people(url: string, kind: string, count: number, address?: string): Promise<string[]> {
  const emails = Array.from({ length: count }, (_, i) => `${kind}${i}@example.com`);
  for (const email of emails) await signup(url, email, address, passwordOf(email));
  return emails;
}

async function flood(surroundings: Surroundings): Promise<Row> {
  const server = await defended(surroundings);
  try {
    const { url } = server;
    const honest = await people(url, 'honest', HONEST);
    let over = false;
    let sent = 0;
    const flooding = (async () => {
      while (!over) {
        sent += 1;
        void login(url, `guess${sent}@example.com`, 'not the right one', '203.0.113.7').catch(
          () => undefined,
        );
        await sleep(1_000 / FLOOD_PER_SECOND);
      }
    })();
    await sleep(2_000);
    const times: number[] = [];
    let succeeded = 0;
    for (const [i, email] of honest.entries())
      times.push(
        await timed(async () => {
          if ((await login(url, email, passwordOf(email), `198.51.100.${i}`)) === 'Authentication')
            succeeded += 1;
        }),
      );
    over = true;
    await flooding;
    return {
      what: 'logins of others during a flood of wrong ones from one address, p95',
      value: succeeded === HONEST ? percentile(times, 95) : Number.NaN,
      unit: 'ms',
      atMost: 1_500,
      raw: `${succeeded} of ${HONEST} succeeded, p50 ${median(times).toFixed(0)} ms; ${sent} wrong ones`,
    };
  } finally {
    await server.stop();
  }
}

async function stuffing(surroundings: Surroundings): Promise<Row[]> {
  const server = await defended(surroundings);
  try {
    const { url } = server;
    const office = '198.51.100.1';
    const victims = await people(url, 'victim', PAIRS / 100, '192.0.2.1');
    const staff = await people(url, 'staff', OFFICE, office);
    let entered = 0;
    let next = 0;
    let over = false;
    const attacker = async (_: unknown, i: number) => {
      while (!over && next < PAIRS) {
        const pair = next;
        next += 1;
        const isRight = pair % 100 === (70 + 37 * Math.floor(pair / 100)) % 100;
        const identifier = isRight ? (victims[Math.floor(pair / 100)] ?? '') : `leaked${pair}@example.com`;
        const address = `203.0.113.${i % STUFFING_ADDRESSES}`;
        const password = isRight ? passwordOf(identifier) : `not the right one ${pair}`;
        const outcome = await login(url, identifier, password, address).catch(() => 'failed');
        if (outcome === 'Authentication') entered += 1;
      }
    };
    const attack = Promise.all(Array.from({ length: 4 * STUFFING_ADDRESSES }, attacker));
    await sleep(1_000);
    const times: number[] = [];
    let succeeded = 0;
    const arriving = staff.map(async (email, i) => {
      await sleep((i * 1_000) / OFFICE_PER_SECOND);
      times.push(
        await timed(async () => {
          if ((await login(url, email, passwordOf(email), office)) === 'Authentication') succeeded += 1;
        }),
      );
    });
    await Promise.all(arriving);
    const during = next;
    await Promise.race([attack, sleep(120_000)]);
    over = true;
    await attack;
    const raw = `${next} pairs from ${STUFFING_ADDRESSES} addresses, one in a hundred right; ${during} while the office signed in`;
    return [
      { what: 'accounts entered by credential stuffing', value: entered, unit: 'count', atMost: 9, raw },
      {
        what: 'logins of an office meanwhile, max',
        value: succeeded === OFFICE ? Math.max(...times) : Number.NaN,
        unit: 'ms',
        atMost: 2_000,
        raw: `${succeeded} of ${OFFICE} succeeded, ${OFFICE_PER_SECOND} a second, p50 ${median(times).toFixed(0)} ms`,
      },
    ];
  } finally {
    await server.stop();
  }
}
